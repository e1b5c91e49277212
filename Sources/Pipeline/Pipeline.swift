internal import AlarmModel
internal import Alarms
internal import Devices
package import Logging
package import MQTT
internal import POSIX
internal import RuleLanguage
package import SiteConfiguration
package import Store
package import Telemetry
package import Wire

/// The thread that owns MQTT, decoding, engine and alarm state, without locks: it reads what the socket has,
/// evaluates each reading at once, commits, and only then lets the acknowledgements go.
package final class Pipeline {
    /// How many packets, and bytes of payloads, are read before the clock and the mailbox are looked at again.
    static let packetsPerTurn = 256
    static let bytesPerTurn = 4 << 20

    let configuration: Configuration
    let store: Store
    let clock: any GatewayClock
    let mailbox: Mailbox
    let board: StatisticsBoard
    let logger: Logger
    let onCommit: () -> Void
    let onUnstored: ([OutboxItem]) -> Void
    let ballast: Ballast
    let underWay: PayloadUnderWay?
    let systemd = SystemdNotifier()
    /// When systemd is to hear next that the pipeline makes progress.
    var watchdogDue = Uptime.start

    var model: SiteModel
    var intake: Intake
    var connection: (any BrokerLink)?
    var isStopping = false
    /// The store knows that the session holds only the filters that are wanted.
    var areSubscriptionsKept = false
    /// The clock of this turn, and how far it has been set since the start.
    var now: Instant
    var knownCorrection: TimeSpan
    /// Less than this is a clock that is kept right.
    static let smallStep = TimeSpan.seconds(10)
    /// When the open batch has to be committed; `nil` while it is empty, and while nothing can be stored.
    var commitDue: Uptime?
    var outage = StoreOutage.none
    /// While nothing can be stored the link is made again once a keepalive, so that the broker does not take it for dead.
    var relinkDue = Uptime.start
    /// When it is looked next whether there is room on the disk again.
    var roomLookDue = Uptime.start
    /// When all that had come in was read last, and the worst delay since the last health report.
    var drainedAt: Uptime
    var worstDelay = TimeSpan.zero
    static let longestDelay = TimeSpan.seconds(1)
    /// How much is kept in memory while nothing can be stored, as ``StoreBatch/bytesHeld`` counts.
    static let bytesHeldMax = 32 << 20
    /// What operators asked for with this batch, to be answered when it is committed.
    var answers: [(_ isStored: Bool) -> Void] = []

    /// - Parameter link: where the messages come from; only the pipeline uses it from now on.
    package init(
        _ model: SiteModel, _ configuration: Configuration, store: Store, clock: any GatewayClock, mailbox: Mailbox,
        board: StatisticsBoard, logger: Logger, underWay: PayloadUnderWay? = nil, onCommit: @escaping () -> Void,
        link: any BrokerLink, onUnstored: @escaping ([OutboxItem]) -> Void
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
        drainedAt = clock.uptime()
        intake = Intake(model, configuration, logger: logger)
        try intake.warm(from: store, now: now, because: .start)
        connection = link
        store.note(model, configuration, logger)
    }

    func take(_ message: IncomingMessage) {
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

    /// While nothing can be stored, what comes in is evaluated all the same, and not acknowledged: the broker keeps it
    /// for us.
    var mayTakeMore: Bool { outage.isOver || intake.batch.bytesHeld < Self.bytesHeldMax }

    /// Reads what may be taken in one turn: by packets, by readings and by bytes, whichever is reached first. A packet
    /// is never split, so that it may be exceeded by one.
    /// - Returns: whether there may be more.
    func readTurn(_ connection: any BrokerLink) -> Bool {
        let readings = intake.batch.readings.count + configuration.store.commitReadings
        let bytes = intake.bytesTaken + Self.bytesPerTurn
        return connection.read(
            atMost: Self.packetsPerTurn,
            while: { mayTakeMore && intake.batch.readings.count < readings && intake.bytesTaken < bytes },
            { message in take(message) })
    }

    /// Notes for how long more has been coming in than can be evaluated. After a second of that, messages that nobody
    /// wants acknowledged are passed over, so that what is wanted is evaluated in time.
    func noteDelay(_ mayHaveMore: Bool) {
        let time = clock.uptime()
        if !mayHaveMore { drainedAt = time }
        let delay = time - drainedAt
        worstDelay = max(worstDelay, delay)
        intake.isShedding = delay > Self.longestDelay
    }

    /// Takes the clock of this turn; if it has been set by more than a little, conditions are told.
    func readClock() {
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

    /// Says that a turn has been made; a loop that hangs says nothing, and is started anew.
    func feedWatchdog() {
        guard let interval = systemd.watchdogInterval, case let time = clock.uptime(), time >= watchdogDue else {
            return
        }
        watchdogDue = time + interval
        systemd.tell("WATCHDOG=1")
    }

    func sleepTime() -> Int32 {
        var milliseconds: Int32 = 500
        if let due = outage.attempt?.due ?? commitDue {
            milliseconds = min(milliseconds, self.milliseconds(until: due))
        }
        if let timer = intake.nextTimer { milliseconds = min(milliseconds, clock.millisecondsUntil(timer)) }
        return milliseconds
    }

    func open(_ letter: Mailbox.Letter) {
        switch letter {
        case .stop: isStopping = true
        case .order(let command, let answer):
            do throws(OperatorError) {
                let outcome = try intake.execute(command, at: now)
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
            // The change is committed with the open batch, before the pipeline is rebuilt from the store.
            let isStored = rebuild(from: model, because: .reload)
            if !isStored { intake.takeBack(change, note) }
            answer(isStored)
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

    /// Commits and acknowledges what there is, and says goodbye.
    package func drain() {
        if let connection { _ = readTurn(connection) }
        if connection?.takeNewSession() ?? false { intake.forgetReceived() }
        intake.tick(now)
        if !intake.batch.isEmpty { commit() }
        if outage.isOver {
            connection?.releaseAcknowledgements()
            connection?.disconnect()
        }
        publishStatistics()
        connection = nil
    }

    func publishStatistics() {
        let isConnected = connection?.isConnected ?? false
        intake.count { $0.isConnected = isConnected }
        var statistics = intake.statistics
        if board.showsAlarms { statistics.active = intake.book.active }
        board.update { $0 = statistics }
    }

    /// Rounded up: a millisecond late rather than awake for nothing.
    func milliseconds(until time: Uptime) -> Int32 {
        Int32(clamping: max(0, ((time - clock.uptime()).nanoseconds + 999_999) / 1_000_000))
    }
}
