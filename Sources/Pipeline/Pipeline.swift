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

/// The thread that owns MQTT, decoding, engine and alarm state, without locks. It reads what the socket has, evaluates
/// each reading at once, commits, and only then sends the acknowledgements.
package final class Pipeline {
    /// The most packets, and bytes of payloads, that are read before the clock and the mailbox are checked again.
    static let packetsPerTurn = 256
    static let bytesPerTurn = 4 << 20
    /// The most edge nodes that are asked for a new birth in a turn.
    private static let rebirthsPerTurn = 4

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
    /// The time of the next sign of progress to systemd.
    var watchdogDue = Uptime.start

    var model: SiteModel
    var intake: Intake
    var connection: (any BrokerLink)?
    var isStopping = false
    private var wasLinked = false
    /// Set once the store knows that the session holds only the wanted filters.
    var areSubscriptionsKept = false
    /// The clock of this turn, and the sum of its settings since the start.
    var now: Instant
    var knownCorrection: TimeSpan
    /// The largest step that counts as normal clock correction.
    static let smallStep = TimeSpan.seconds(10)
    /// The time by which the open batch must be committed; `nil` while it is empty, and while nothing can be stored.
    var commitDue: Uptime?
    var outage = StoreOutage.none
    /// The time of the next reconnection while nothing can be stored. It comes once per keepalive, so that the broker
    /// does not consider the link dead.
    var relinkDue = Uptime.start
    /// The time of the next check for free room on the disk.
    var roomLookDue = Uptime.start
    /// The last time that all waiting input had been read, and the worst delay since the last health report.
    var drainedAt: Uptime
    var worstDelay = TimeSpan.zero
    static let longestDelay = TimeSpan.seconds(1)
    /// The most bytes kept in memory while nothing can be stored, as ``StoreBatch/bytesHeld`` counts them.
    static let bytesHeldMax = 32 << 20
    /// The answers to the operators' commands in this batch, given when it is committed.
    var answers: [(_ isStored: Bool) -> Void] = []

    /// - Parameter link: the source of the messages; only the pipeline uses it from now on.
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

    /// Runs until the mailbox contains a stop. Returns once everything is committed and acknowledged.
    package func run() {
        publishStatistics()
        while turn() {}
        drain()
    }

    /// Runs one turn of the loop: waits for work and does it.
    /// - Returns: false once the mailbox contains a stop; then only ``drain()`` is left.
    package func turn() -> Bool {
        guard let connection else { return false }
        connection.keepUp()
        noteLink(connection)
        if mayTakeMore {
            connection.wait(milliseconds: sleepTime(), wake: mailbox.wakeDescriptor)
        } else {
            // Wait for the mailbox only: input that has arrived stays in the socket, and would end the wait at once.
            mailbox.wait(milliseconds: sleepTime())
        }
        readClock()
        for letter in mailbox.takeAll() { open(letter) }
        let mayHaveMore = mayTakeMore && readTurn(connection)
        noteLink(connection)
        // Stored before anything of the new session is read.
        if connection.takeNewSession() { intake.forgetReceived() }
        noteDelay(mayHaveMore)
        if !mayHaveMore { intake.tick(now) }
        intake.attend(now)
        feedWatchdog()
        endStoreFault()
        commitIfDue()
        if intake.batch.isEmpty {
            releaseAcknowledgements()
            sendRebirthCommands(connection)
        }
        publishStatistics()
        return !isStopping
    }

    /// True while more messages may be read. While nothing can be stored, input is still evaluated but not
    /// acknowledged, so the broker keeps it.
    var mayTakeMore: Bool { outage.isOver || intake.batch.bytesHeld < Self.bytesHeldMax }

    /// Reads one turn's input, limited by packets, by readings and by bytes, whichever limit is reached first. A packet
    /// is never split, so one packet may exceed the limit.
    /// - Returns: true if there may be more.
    func readTurn(_ connection: any BrokerLink) -> Bool {
        let readings = intake.batch.readings.count + configuration.store.commitReadings
        let bytes = intake.bytesTaken + Self.bytesPerTurn
        return connection.read(
            atMost: Self.packetsPerTurn,
            while: { mayTakeMore && intake.batch.readings.count < readings && intake.bytesTaken < bytes },
            { message in take(message) })
    }

    /// Measures for how long more messages have arrived than can be evaluated. After a second, messages without
    /// acknowledgement are dropped, so that the others are evaluated in time.
    func noteDelay(_ mayHaveMore: Bool) {
        let time = clock.uptime()
        if !mayHaveMore { drainedAt = time }
        let delay = time - drainedAt
        worstDelay = max(worstDelay, delay)
        intake.isShedding = delay > Self.longestDelay
    }

    /// Reads the clock of this turn. If it was set by more than a small step, the engine is rebuilt.
    func readClock() {
        let correction = clock.correction()
        let before = now
        now = clock.now()
        let step = correction - knownCorrection
        guard step > Self.smallStep || step < .zero - Self.smallStep else { return }
        // While nothing can be stored, a rebuild is impossible, so a later turn tries again.
        guard rebuild(from: model, because: step > .zero ? .setForward(step) : .setBack) else { return }
        knownCorrection = correction
        let text =
            "the clock was set \(step > .zero ? "forward" : "back") by \(TimeSpan(nanoseconds: abs(step.nanoseconds)).seconds) s"
        logger.warning("\(text)", metadata: ["from": "\(before)", "to": "\(now)"])
        intake.add(AuditNote("clock-set", at: now, text: text))
    }

    /// Notes a link that is new: what came in between at QoS 0 is lost.
    private func noteLink(_ connection: any BrokerLink) {
        let isLinked = connection.isConnected
        if isLinked, !wasLinked { intake.decoder.noteBreak(at: now) }
        wasLinked = isLinked
    }

    /// Asks edge nodes of Sparkplug for a new birth where their data cannot be understood. Only a few in a turn: a
    /// thousand births at once would be a storm of the gateway's own making.
    private func sendRebirthCommands(_ connection: any BrokerLink) {
        guard connection.isConnected else { return }
        for command in intake.decoder.takeRebirthCommands(at: now, atMost: Self.rebirthsPerTurn) {
            let isSent = connection.publish(command.payload, to: command.topic)
            logger.info(
                isSent ? "asked an edge node for its birth" : "could not ask an edge node for its birth",
                metadata: ["topic": "\(command.topic)"])
        }
    }

    /// Reports a completed turn to systemd. A loop that hangs reports nothing, and is restarted.
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
        case .command(let command, let answer):
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
        case .sensors(let change, let note, let model, let answer):
            intake.batch.sensorChanges.append(change)
            intake.add(note)
            // The change is committed with the open batch, before the pipeline is rebuilt from the store.
            let isStored = rebuild(from: model ?? self.model, because: model == nil ? .flag : .reload)
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

    /// Commits and acknowledges everything that was read, and disconnects.
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

    /// Returns the milliseconds until a time, rounded up: waking a millisecond late is better than waking for nothing.
    func milliseconds(until time: Uptime) -> Int32 {
        Int32(clamping: max(0, ((time - clock.uptime()).nanoseconds + 999_999) / 1_000_000))
    }
}
