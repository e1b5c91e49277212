internal import Alarms
internal import Devices
internal import Foundation
internal import Logging
internal import MQTT
internal import RuleLanguage
internal import Store
internal import Telemetry

/// The thread that owns MQTT, decoding, engine and alarm state, without locks: it reads what the socket has,
/// evaluates each reading at once, commits, and only then lets the acknowledgements go.
final class Pipeline {
    /// How many packets are read before the clock and the mailbox are looked at again.
    private static let packetsPerTurn = 256

    private let configuration: Configuration
    private let store: Store
    private let clock: any GatewayClock
    private let mailbox: Mailbox
    private let board: StatisticsBoard
    private let logger: Logger
    private let onCommit: () -> Void
    private let systemd = SystemdNotifier()
    /// When systemd is to hear next that there is progress, in monotonic nanoseconds.
    private var watchdogAt: Int64 = 0

    private var intake: Intake
    private var connection: BrokerConnection?
    private var isStopping = false
    /// The clock of this turn.
    private var now: Instant
    /// When the open batch has to be committed, in monotonic nanoseconds; `nil` while it is empty.
    private var commitAt: Int64?
    private var storeRetryAt: Int64?
    /// What operators asked for with this batch, to be answered when it is committed.
    private var answers: [(_ isStored: Bool) -> Void] = []

    init(
        _ model: Model, _ configuration: Configuration, store: Store, clock: any GatewayClock, mailbox: Mailbox,
        board: StatisticsBoard, logger: Logger, onCommit: @escaping () -> Void
    ) throws {
        self.configuration = configuration
        self.store = store
        self.clock = clock
        self.mailbox = mailbox
        self.board = board
        self.logger = logger
        self.onCommit = onCommit
        now = clock.now()
        intake = Intake(model, configuration, logger: logger)
        try intake.warm(from: store, now: now)
        connection = BrokerConnection(configuration.broker, filters: model.site.filters, logger: logger) { [unowned self] message in
            intake.take(message, at: now)
        }
    }

    /// Runs until the mailbox says stop; returns with everything committed and acknowledged.
    func run() {
        guard let connection else { return }
        publishStatistics()
        while !isStopping {
            connection.keepUp()
            connection.wait(milliseconds: sleepTime(), wake: mailbox.wakeDescriptor)
            now = clock.now()
            for letter in mailbox.takeAll() { open(letter) }
            // While nothing can be stored nothing is read: the broker keeps it for us.
            let mayHaveMore = storeRetryAt == nil && connection.read(atMost: Self.packetsPerTurn)
            if !mayHaveMore { intake.tick(now) }
            intake.attend(now)
            feedWatchdog()
            commitIfDue()
            if intake.batch.isEmpty { releaseAcknowledgements() }
            publishStatistics()
        }
        drain()
    }

    /// Says that a turn has been made; a loop that hangs says nothing, and is started anew.
    private func feedWatchdog() {
        guard let interval = systemd.watchdogInterval, case let time = Self.monotonicNanoseconds(), time >= watchdogAt else { return }
        watchdogAt = time + interval.nanoseconds
        systemd.tell("WATCHDOG=1")
    }

    private func releaseAcknowledgements() {
        intake.committed()
        connection?.releaseAcknowledgements()
    }

    private func sleepTime() -> Int32 {
        var milliseconds: Int32 = 500
        if let commitAt { milliseconds = min(milliseconds, Self.milliseconds(until: commitAt)) }
        if let timer = intake.nextTimer { milliseconds = min(milliseconds, clock.millisecondsUntil(timer)) }
        return milliseconds
    }

    /// A transition is committed at once; readings wait a little for company, which spares the disk.
    private func commitIfDue() {
        guard !intake.batch.isEmpty else { return }
        let time = Self.monotonicNanoseconds()
        if let storeRetryAt {
            if time >= storeRetryAt { commit() }
            return
        }
        let deadline = commitAt ?? time + configuration.store.commitDelay.nanoseconds
        commitAt = deadline
        let isFull =
            intake.batch.readings.count >= configuration.store.commitReadings
            || intake.unacknowledged >= configuration.broker.receiveMaximum / 2
        if isFull || intake.batch.isUrgent || time >= deadline { commit() }
    }

    private func commit() {
        do {
            intake.completeBatch()
            let hasEscalations = !intake.batch.escalations.isEmpty
            try store.commit(intake.batch, refusedMax: configuration.store.refusedMax)
            if storeRetryAt != nil { logger.notice("the store takes readings again") }
            storeRetryAt = nil
            commitAt = nil
            answerOperators(isStored: true)
            releaseAcknowledgements()
            if hasEscalations { onCommit() }
        } catch {
            // Nothing is acknowledged, so the broker sends it again; what is in the batch is tried again.
            if storeRetryAt == nil {
                logger.critical("the store takes no readings; nothing is acknowledged until it does: \(error)")
                connection?.dropAcknowledgements(because: "readings cannot be stored")
            }
            storeRetryAt = Self.monotonicNanoseconds() + 1_000_000_000
            answerOperators(isStored: false)
        }
    }

    private func answerOperators(isStored: Bool) {
        for answer in answers { answer(isStored) }
        answers.removeAll()
    }

    private func open(_ letter: Mailbox.Letter) {
        switch letter {
        case .stop: isStopping = true
        case .order(let order, let answer):
            do throws(OperatorError) {
                let outcome = try intake.carryOut(order, at: now)
                answers.append { isStored in
                    answer(
                        isStored
                            ? .success(outcome) : .failure(OperatorError("it is noted, but cannot be stored: see the gateway's log")))
                }
            } catch {
                answer(.failure(error))
            }
        case .reloadFailed:
            intake.count { $0.failedReloads += 1 }
            intake.add(AuditNote("reload-failed", at: now, text: "the files have mistakes; the running rules stay"))
        case .reload(let model):
            if !intake.batch.isEmpty { commit() }
            guard storeRetryAt == nil else {
                logger.error("no reload while the store takes no readings; the running rules stay")
                return intake.count { $0.failedReloads += 1 }
            }
            do {
                var next = Intake(model, configuration, logger: logger)
                try next.warm(from: store, now: now)
                next.carryOver(intake.statistics)
                intake = next
                intake.add(AuditNote("reloaded", at: now, text: model.summary, facts: model.ruleVersions))
                connection?.subscribe(to: model.site.filters)
                logger.notice(
                    "devices and rules reloaded",
                    metadata: ["devices": "\(model.site.devices.count)", "rules": "\(model.rules.rules.count)"])
            } catch {
                logger.error("devices and rules could not be reloaded, the running ones stay: \(error)")
                intake.count { $0.failedReloads += 1 }
            }
        }
    }

    private func drain() {
        _ = connection?.read(atMost: Self.packetsPerTurn)
        intake.tick(now)
        if !intake.batch.isEmpty { commit() }
        if storeRetryAt == nil {
            connection?.releaseAcknowledgements()
            connection?.disconnect()
        }
        publishStatistics()
        connection = nil
    }

    private func publishStatistics() {
        let isConnected = connection?.isConnected ?? false
        intake.count { $0.isConnected = isConnected }
        let statistics = intake.statistics
        board.update { $0 = statistics }
    }

    private static func milliseconds(until time: Int64) -> Int32 {
        Int32(clamping: max(0, (time - monotonicNanoseconds() + 999_999) / 1_000_000))
    }

    private static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
