internal import AlarmModel
internal import Alarms
internal import Devices
package import Escalation
internal import Foundation
package import Logging
package import MQTT
internal import POSIX
internal import RuleLanguage
package import SiteConfiguration
package import Store
package import Telemetry

/// The thread that owns MQTT, decoding, engine and alarm state, without locks: it reads what the socket has,
/// evaluates each reading at once, commits, and only then lets the acknowledgements go.
package final class Pipeline {
    /// How many packets, and bytes of payloads, are read before the clock and the mailbox are looked at again.
    private static let packetsPerTurn = 256
    private static let bytesPerTurn = 4 << 20

    private let configuration: Configuration
    private let store: Store
    private let clock: any GatewayClock
    private let mailbox: Mailbox
    private let board: StatisticsBoard
    private let logger: Logger
    private let onCommit: () -> Void
    private let onUnstored: ([Escalation]) -> Void
    private let ballast: Ballast
    private let underWay: PayloadUnderWay?
    private let systemd = SystemdNotifier()
    /// When systemd is to hear next that there is progress, in nanoseconds of uptime.
    private var watchdogAt: Int64 = 0

    private var model: SiteModel
    private var intake: Intake
    private var connection: (any BrokerLink)?
    private var isStopping = false
    /// The store knows that the session holds only the filters that are wanted.
    private var areSubscriptionsKept = false
    /// The clock of this turn, and how far it has been set since the start.
    private var now: Instant
    private var knownCorrection: TimeSpan
    /// Less than this is a clock that is kept right.
    private static let smallStep = TimeSpan.seconds(10)
    /// When the open batch has to be committed, in nanoseconds of uptime; `nil` while it is empty.
    private var commitAt: Int64?
    private var storeRetryAt: Int64?
    /// Since when another program has held the store for writing.
    private var busySince: Int64?
    /// After so long it is told that nothing can be stored.
    private static let longestBusy: Int64 = 3_000_000_000
    /// While nothing can be stored: when the link is to be made anew, so that the broker does not take it for dead, and
    /// how many escalations of the batch have been told without being stored.
    private var relinkAt: Int64 = 0
    private var roomLookAt: Int64 = 0
    private var toldUnstored = 0
    /// When all that had come in was read last, in nanoseconds of uptime; and the worst delay since the last report.
    private var drainedAt: Int64
    private var worstDelay = TimeSpan.zero
    private static let longestDelay = TimeSpan.seconds(1)
    /// How much is kept in memory while nothing can be stored, as ``StoreBatch/bytesHeld`` counts.
    private static let bytesHeldMax = 32 << 20
    /// What operators asked for with this batch, to be answered when it is committed.
    private var answers: [(_ isStored: Bool) -> Void] = []

    /// - Parameter link: where the messages come from; only the pipeline uses it from now on.
    package init(
        _ model: SiteModel, _ configuration: Configuration, store: Store, clock: any GatewayClock, mailbox: Mailbox,
        board: StatisticsBoard, logger: Logger, underWay: PayloadUnderWay? = nil, onCommit: @escaping () -> Void,
        link: any BrokerLink, onUnstored: @escaping ([Escalation]) -> Void
    ) throws {
        self.model = model
        self.configuration = configuration
        self.store = store
        self.clock = clock
        self.mailbox = mailbox
        self.board = board
        self.logger = logger
        self.onCommit = onCommit
        self.onUnstored = onUnstored
        self.underWay = underWay
        ballast = Ballast(store: configuration.store.path)
        ballast.lay()
        now = clock.now()
        knownCorrection = clock.correction()
        drainedAt = clock.uptime().sinceStart.nanoseconds
        intake = Intake(model, configuration, logger: logger)
        try intake.warm(from: store, now: now, because: .start)
        connection = link
        store.note(model, configuration, logger)
    }

    private func take(_ message: IncomingMessage) {
        guard let underWay else { return intake.take(message, at: now) }
        guard !underWay.isQuarantined(message) else { return intake.pass(message) }
        underWay.during(message) { intake.take(message, at: now) }
    }

    /// Runs until the mailbox says stop; returns with everything committed and acknowledged.
    package func run() {
        publishStatistics()
        while turn() {}
        drain()
    }

    /// One turn of the loop: waits for what there is to do, and does it.
    /// - Returns: false once the mailbox has said stop; then only ``drain()`` is left.
    package func turn() -> Bool {
        guard let connection else { return false }
        connection.keepUp()
        if mayTakeMore {
            connection.wait(milliseconds: sleepTime(), wake: mailbox.wakeDescriptor)
        } else {
            // What has come in stays there, and would end the wait at once.
            mailbox.wait(milliseconds: sleepTime())
        }
        readClock()
        for letter in mailbox.takeAll() { open(letter) }
        let mayHaveMore = mayTakeMore && readTurn(connection)
        // Stored before anything of the new session is read.
        if connection.takeNewSession() { intake.forgetReceived() }
        noteDelay(mayHaveMore)
        if !mayHaveMore { intake.tick(now) }
        intake.attend(now)
        feedWatchdog()
        endStoreFault()
        commitIfDue()
        if intake.batch.isEmpty { releaseAcknowledgements() }
        publishStatistics()
        return !isStopping
    }

    /// The newest commit has succeeded.
    private var isStoring: Bool { storeRetryAt == nil && busySince == nil }

    /// While nothing can be stored, what comes in is evaluated all the same, and not acknowledged: the broker keeps it
    /// for us.
    private var mayTakeMore: Bool { isStoring || intake.batch.bytesHeld < Self.bytesHeldMax }

    /// Reads what may be taken in one turn: by packets, by readings and by bytes, whichever is reached first. A packet
    /// is never split, so that it may be exceeded by one.
    /// - Returns: whether there may be more.
    private func readTurn(_ connection: any BrokerLink) -> Bool {
        let readings = intake.batch.readings.count + configuration.store.commitReadings
        let bytes = intake.bytesTaken + Self.bytesPerTurn
        return connection.read(
            atMost: Self.packetsPerTurn,
            while: { mayTakeMore && intake.batch.readings.count < readings && intake.bytesTaken < bytes },
            { message in take(message) })
    }

    /// Notes for how long more has been coming in than can be evaluated. After a second of that, messages that nobody
    /// wants acknowledged are passed over, so that what is wanted is evaluated in time.
    private func noteDelay(_ mayHaveMore: Bool) {
        let time = uptime()
        if !mayHaveMore { drainedAt = time }
        let delay = TimeSpan(nanoseconds: time - drainedAt)
        worstDelay = max(worstDelay, delay)
        intake.isShedding = delay > Self.longestDelay
    }

    /// Takes the clock of this turn; if it has been set by more than a little, conditions are told.
    private func readClock() {
        let correction = clock.correction()
        let before = now
        now = clock.now()
        let step = correction - knownCorrection
        guard step > Self.smallStep || step < .zero - Self.smallStep else { return }
        // While nothing can be stored there is nothing to begin anew from: then in a later turn.
        guard rebuild(from: model, because: step > .zero ? .setForward(step) : .setBack) else { return }
        knownCorrection = correction
        let text =
            "the clock was set \(step > .zero ? "forward" : "back") by \(TimeSpan(nanoseconds: abs(step.nanoseconds)).seconds) s"
        logger.warning("\(text)", metadata: ["from": "\(before)", "to": "\(now)"])
        intake.add(AuditNote("clock-set", at: now, text: text))
    }

    /// The alarm that nothing can be stored ends when something can, and there is room for more than that.
    private func endStoreFault() {
        guard intake.hasStoreFault, isStoring, case let time = uptime(), time >= roomLookAt else { return }
        roomLookAt = time + 1_000_000_000
        if ballast.lay() { intake.endStoreFault(at: now) }
    }

    /// Says that a turn has been made; a loop that hangs says nothing, and is started anew.
    private func feedWatchdog() {
        guard let interval = systemd.watchdogInterval, case let time = uptime(), time >= watchdogAt else { return }
        watchdogAt = time + interval.nanoseconds
        systemd.tell("WATCHDOG=1")
    }

    private func releaseAcknowledgements() {
        intake.committed()
        connection?.releaseAcknowledgements()
    }

    private func sleepTime() -> Int32 {
        var milliseconds: Int32 = 500
        if let storeRetryAt {
            milliseconds = min(milliseconds, self.milliseconds(until: storeRetryAt))
        } else if let commitAt {
            milliseconds = min(milliseconds, self.milliseconds(until: commitAt))
        }
        if let timer = intake.nextTimer { milliseconds = min(milliseconds, clock.millisecondsUntil(timer)) }
        return milliseconds
    }

    /// A transition is committed at once; readings wait a little for company, which spares the disk.
    private func commitIfDue() {
        guard !intake.batch.isEmpty else { return }
        let time = uptime()
        if let storeRetryAt {
            tellUnstored()
            if time >= storeRetryAt { commit() }
            return
        }
        if busySince != nil, let commitAt, time < commitAt { return tellUnstored() }
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
            let hasFailed = storeRetryAt != nil
            (storeRetryAt, busySince) = (nil, nil)
            toldUnstored = 0
            commitAt = nil
            answerOperators(isStored: true)
            releaseAcknowledgements()
            if hasEscalations { onCommit() }
            if hasFailed { logger.notice("the store takes readings again") }
        } catch {
            failToStore(error)
        }
    }

    /// Nothing is acknowledged, so the broker sends it again; what is in the batch is tried again. Readings go on being
    /// evaluated, and whoever has to be told is told.
    private func failToStore(_ error: any Error) {
        let time = uptime()
        // Somebody else writes: for a moment, as a rule. What has to be told is told meanwhile.
        if Store.isBusy(error), storeRetryAt == nil, time < (busySince ?? time) + Self.longestBusy {
            busySince = busySince ?? time
            commitAt = time + 100_000_000
            return tellUnstored()
        }
        busySince = nil
        if storeRetryAt == nil {
            logger.critical("the store takes no readings; nothing is acknowledged until it does: \(error)")
            intake.raiseStoreFault("\(error)", at: now)
            let room = ballast.release() ? time : time + 1_000_000_000
            storeRetryAt = room
        } else {
            storeRetryAt = time + 1_000_000_000
        }
        if time >= relinkAt {
            // Without a write the broker takes the link for dead after one and a half keepalives.
            relinkAt = time + Int64(configuration.broker.keepaliveSeconds) * 1_000_000_000
            connection?.dropAcknowledgements(because: "readings cannot be stored", receiveMaximum: 65_535)
        }
        answerOperators(isStored: false)
        tellUnstored()
    }

    /// Hands on the escalations that are not stored, each once.
    private func tellUnstored() {
        let escalations = intake.batch.escalations
        guard toldUnstored < escalations.count else { return }
        onUnstored(Array(escalations[toldUnstored...]))
        toldUnstored = escalations.count
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
                let outcome = try intake.execute(order, at: now)
                answers.append { isStored in
                    answer(
                        isStored
                            ? .success(outcome)
                            : .failure(OperatorError("it is noted, but cannot be stored: see the gateway's log")))
                }
            } catch {
                answer(.failure(error))
            }
        case .status(let answer): answer(intake.status(at: now))
        case .maintenance(let model, let change, let note, let answer):
            intake.batch.maintenance.append(change)
            intake.add(note)
            // What it begins anew from is committed first.
            answer(rebuild(from: model, because: .reload))
        case .health(let report):
            let refused = connection?.refusedFilters ?? []
            intake.report(
                report, isConnected: connection?.isConnected ?? false, refused: refused, delay: worstDelay, at: now)
            worstDelay = .zero
            forgetSubscriptions()
        case .reloadFailed:
            intake.count { $0.failedReloads += 1 }
            intake.add(AuditNote("reload-failed", at: now, text: "the files have mistakes; the running rules stay"))
        case .reload(let model):
            guard rebuild(from: model, because: .reload) else {
                logger.error("not reloaded; the running rules stay")
                return intake.count { $0.failedReloads += 1 }
            }
        }
    }

    /// Says and notes what is in force from now on, and subscribes to what it needs.
    private func takeOver(_ model: SiteModel) {
        intake.count { $0.reloads += 1 }
        store.note(model, configuration, logger)
        intake.add(AuditNote("reloaded", at: now, text: model.summary, facts: model.ruleVersions))
        subscribe(to: model.filters)
        logger.notice(
            "devices and rules reloaded",
            metadata: ["devices": "\(model.site.sensors.count)", "rules": "\(model.rules.rules.count)"])
    }

    /// Subscribes to the filters of another model; those that are gone are known to the store until the broker has let
    /// them go.
    private func subscribe(to filters: [String]) {
        do {
            try store.noteSubscriptions(filters)
        } catch {
            logger.error("the subscriptions cannot be noted, and may outlive another change of the devices: \(error)")
        }
        connection?.subscribe(to: filters)
        areSubscriptionsKept = false
    }

    /// Once the session holds no others, the store needs to know only the filters that are wanted.
    private func forgetSubscriptions() {
        guard !areSubscriptionsKept, isStoring, let connection, connection.isConnected, !connection.hasFiltersToLeave
        else {
            return
        }
        areSubscriptionsKept = true
        do {
            try store.keepSubscriptions(model.filters)
        } catch {
            // The next start unsubscribes once more from what is gone, which does no harm.
            logger.error("the subscriptions cannot be noted: \(error)")
        }
    }

    /// Begins anew from what is stored, with a model.
    /// - Returns: false if nothing can be stored now, or nothing read; then all is as it was.
    private func rebuild(from model: SiteModel, because occasion: Intake.Occasion) -> Bool {
        guard isStoring else { return false }
        if !intake.batch.isEmpty { commit() }
        guard isStoring else { return false }
        do {
            var next = Intake(model, configuration, logger: logger)
            try next.warm(
                from: store, now: now, because: occasion, listening: occasion == .reload ? intake.listening : nil)
            next.carryOver(intake)
            intake = next
            self.model = model
            if occasion == .reload { takeOver(model) }
            return true
        } catch {
            logger.error("what is stored cannot be read, all stays as it is: \(error)")
            return false
        }
    }

    /// Commits and acknowledges what there is, and says goodbye.
    package func drain() {
        if let connection { _ = readTurn(connection) }
        if connection?.takeNewSession() ?? false { intake.forgetReceived() }
        intake.tick(now)
        if !intake.batch.isEmpty { commit() }
        if isStoring {
            connection?.releaseAcknowledgements()
            connection?.disconnect()
        }
        publishStatistics()
        connection = nil
    }

    private func publishStatistics() {
        let isConnected = connection?.isConnected ?? false
        intake.count { $0.isConnected = isConnected }
        var statistics = intake.statistics
        if board.showsAlarms { statistics.active = intake.book.active }
        board.update { $0 = statistics }
    }

    private func milliseconds(until time: Int64) -> Int32 {
        Int32(clamping: max(0, (time - uptime() + 999_999) / 1_000_000))
    }

    /// In nanoseconds.
    private func uptime() -> Int64 { clock.uptime().sinceStart.nanoseconds }
}
