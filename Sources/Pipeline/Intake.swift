internal import AlarmModel
internal import Alarms
internal import Devices
internal import Escalation
internal import Logging
internal import MQTT
internal import QualityControl
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
internal import SiteConfiguration
internal import Store
internal import Telemetry
internal import Wire

/// Processes a message, without I/O: bytes → readings → windows → transitions → the batch to commit.
///
/// A reading costs no allocation and no string hash. Names appear only when something has happened that a person will
/// read about.
struct Intake: ~Copyable {
    var batch = StoreBatch()
    var statistics = Statistics()
    /// The number of messages that were read and are not yet acknowledged.
    private(set) var unacknowledged = 0
    /// The number of bytes of all payloads since the start.
    private(set) var bytesTaken = 0

    var model: SiteModel
    var decoder: PayloadDecoder
    var quality: QualityStage
    private var implausible: ImplausibleRemarks
    var engine: Engine
    var book: AlarmBook
    var planner: EscalationPlanner
    var health: HealthReadings
    /// Set while more messages arrive than can be evaluated. Messages sent without acknowledgement are then dropped.
    var isShedding = false
    let configuration: Configuration
    private var complaints: ComplaintLimiter
    let logger: Logger
    private var arrivals = ArrivalClock()
    var received = ReceivedMessages()
    private var readings: [Reading] = []
    /// The spans that persons have flagged, for what comes of them only now.
    var flags = FlaggedSpans()
    private var flagged: [Reading] = []
    /// The devices that the current message says are gone.
    var deaths: [Int] = []
    /// The devices that went while one of their sensors was in maintenance.
    var excusedDeaths: Set<Int> = []
    private var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
    var changes: [LevelChange] = []
    /// The last time that ``attend(_:)`` did what was due by the gateway's clock.
    private var attended = Instant(nanoseconds: 0)
    /// The alarm about a store that cannot store, while it is raised. It does not belong to a rule.
    var storeFault: Alarm?
    private static let refusedBytesMax = 4 << 20

    init(_ model: SiteModel, _ configuration: Configuration, logger: Logger) {
        self.model = model
        self.configuration = configuration
        self.logger = logger
        decoder = PayloadDecoder(
            site: model.site, series: { model.series.id(device: $0, quantity: $1.name) },
            bytesMax: configuration.payloadBytesMax, zone: model.rules.plan.zone)
        quality = QualityStage(
            model.site, series: { model.series.id(device: $0, quantity: $1.name) }, zone: model.rules.plan.zone)
        implausible = ImplausibleRemarks(model.site) { model.series.id(device: $0, quantity: $1.name) }
        engine = Engine(model.rules.plan)
        book = AlarmBook(
            rules: model.rules, ladder: configuration.ladder, site: model.site, seriesDevices: model.series.devices,
            chattering: configuration.chattering)
        planner = EscalationPlanner(model, configuration)
        health = HealthReadings(model.site) { model.series.id(device: $0, quantity: $1.name) }
        complaints = ComplaintLimiter(deviceTopics: model.site.devices.map(\.topics[0]), logger: logger)
    }

    /// Takes in one message. Its readings are evaluated at once, one after the other.
    mutating func take(_ message: IncomingMessage, at now: Instant) {
        guard isNew(message) else { return }
        guard let route = decoder.route(of: message.topic) else {
            switch health.take(message) {
            case .nothing: return
            case .firstCount:
                // Stored at once, so that drops of the broker after an early stop are counted from here.
                let arrival = beginReadings(at: now)
                health.appendDroppedTotal(at: arrival, to: &readings)
                return evaluate(at: arrival)
            case .otherTopic: break
            }
            statistics.unknownTopics += 1
            complaints.unknownTopic(message.topic, at: now)
            return
        }
        if isShedding, message.qos == 0 {
            statistics.shed += 1
            return complaints.shed(device: decoder.device(of: route))
        }
        let arrival = beginReadings(at: now)
        decoder.begin(
            route, arrival: arrival, isSentAgain: message.isDuplicate, isRetained: message.isRetained)
        while let findings = decoder.decodeNext(message.payload, into: &readings) {
            if !findings.isEmpty { note(findings, of: message, from: decoder.message.device, at: arrival) }
            if decoder.hasComeBefore { statistics.repeated += 1 }
            statistics.repeated += quality.judge(&readings, of: &decoder.message, isRetained: message.isRetained)
            if decoder.message.isDeath { deaths.append(decoder.message.device) }
        }
        if quality.hasUnstoredReadings { batch.holdsReadingsInStates = true }
        evaluate(at: arrival)
        if !deaths.isEmpty { noteDeaths(at: arrival) }
    }

    /// Takes a quarantined message: acknowledges it, counts it as refused, and reads nothing from it.
    mutating func pass(_ message: IncomingMessage) {
        if isNew(message) { statistics.refused += 1 }
    }

    /// Notes a message, which is acknowledged with the next commit. Returns false if it is already stored or in the
    /// batch.
    private mutating func isNew(_ message: IncomingMessage) -> Bool {
        statistics.messages += 1
        bytesTaken += message.payload.count
        guard message.qos > 0 else { return true }
        unacknowledged += 1
        guard let mark = received.take(message) else {
            statistics.redelivered += 1
            return false
        }
        // There are only this many identifiers. The limit holds even if a broker uses an identifier twice.
        if batch.received.marks.count < 65_536 { batch.received.marks.append(mark) }
        return true
    }

    /// Starts the readings of a message.
    /// - Returns: their time of arrival.
    private mutating func beginReadings(at now: Instant) -> Instant {
        readings.removeAll(keepingCapacity: true)
        let arrival = arrivals.next(at: now)
        if batch.arrived > arrival { batch.arrived = arrival }
        return arrival
    }

    /// Takes the gateway's measurements about itself as ordinary readings.
    mutating func report(
        _ report: HealthReport, isConnected: Bool, refused: [RefusedFilter], delay: TimeSpan, at now: Instant
    ) {
        let arrival = beginReadings(at: now)
        health.append(report, statistics, isConnected: isConnected, delay: delay, at: arrival, to: &readings)
        health.append(refused, sensorsUnheard: model.sensorsUnheard(refused), at: arrival, to: &readings)
        health.appendCalibrations(at: arrival, to: &readings)
        book.remarks[HealthRules.subscriptionRule] = HealthReadings.remark(refused)
        evaluate(at: arrival)
    }

    /// Evaluates the readings, and adds them and their results to the batch.
    private mutating func evaluate(at now: Instant) {
        exceptions.removeAll(keepingCapacity: true)
        orderByTime()
        engine.heartbeat(at: now)
        let readings = flags.isEmpty ? readings : withFlags()  // two parts of one value cannot be lent at once
        engine.ingest(readings.span, exceptions: &exceptions, into: &changes)
        keepReadings()
        if !changes.isEmpty { recordChanges(at: now) }
    }

    /// Returns the readings of a message with the flags of persons, as rules see them. The readings themselves are
    /// stored as the tests found them.
    private mutating func withFlags() -> [Reading] {
        flagged.removeAll(keepingCapacity: true)
        flagged += readings
        for index in flagged.indices { flags.apply(to: &flagged[index]) }
        return flagged
    }

    /// Sorts a message's readings by time, because a message may hold an array of one quantity before that of another.
    /// Readings with the same time keep their order.
    private mutating func orderByTime() {
        for index in readings.indices.dropFirst() where readings[index].time < readings[index - 1].time {
            return readings.sort { $0.time < $1.time }
        }
    }

    /// Adds the readings of a message to the batch.
    private mutating func keepReadings() {
        var exception = 0
        var hasNamed = false
        for (index, reading) in readings.enumerated() {
            var reading = reading
            if exception < exceptions.count, exceptions[exception].index == index {
                exception += 1
                switch exceptions[exception - 1].outcome {
                case .tooLate:
                    reading.markTooLate()
                    statistics.late += 1
                case .evaluated, .unusable: break
                }
            }
            if reading.quality.isImplausible {
                statistics.implausible += 1
                // One reading per message is enough to name.
                if !hasNamed, configuration.health.hasRules { implausible.note(reading) }
                hasNamed = true
            }
            if reading.quality.contains(.clockReplaced) { statistics.clockReplaced += 1 }
            statistics.readings += 1
            batch.readings.append(reading)
        }
    }

    /// Runs the timers that are due.
    mutating func tick(_ now: Instant) {
        if quality.nextRelease <= now {
            let arrival = beginReadings(at: now)
            quality.release(at: now, into: &readings)
            if !readings.isEmpty { evaluate(at: arrival) }
        }
        engine.advance(to: now, into: &changes)
        if !changes.isEmpty { recordChanges(at: now) }
    }

    /// Does what is due by the gateway's clock, even if much is still waiting to be read. Shelvings end, chattering
    /// ends, and policy steps become due.
    mutating func attend(_ now: Instant) {
        // Ten times a second is often enough. A clock that was set back does not delay it.
        let pause = now - attended
        guard pause >= .milliseconds(100) || pause < .zero else { return }
        attended = now
        let span = min(pause, .minutes(1))
        quality.forEachInMaintenance(at: now) { engine.excuse($0, for: span, into: &changes) }
        noteExcusedDeaths(at: now)
        if !changes.isEmpty { recordChanges(at: now) }
        complaints.report(at: now)
        for outcome in book.expireShelves(at: now) { record(outcome, by: nil, at: now) }
        for transition in book.calm(at: now) { record(transition) }
        if planner.isToAdvance(at: now) { add(planner.advance(to: now, summaries: summaries())) }
    }

    var nextTimer: Instant? { [engine.nextTimer, quality.nextRelease].compactMap { $0 }.min() }

    /// Sets the remarks beside the alarms' summaries: which reading was implausible, and why, and who contradicts whom.
    mutating func writeRemarks() {
        quality.writeConflicts(to: &book.remarks, rule: HealthRules.conflictRule)
        implausible.write(to: &book.remarks, rule: HealthRules.plausibilityRule)
    }

    mutating func recordChanges(at now: Instant) {
        writeRemarks()
        for change in changes {
            for transition in book.apply(change, ladder: engine.ladderState(of: change.instance), recorded: now) {
                record(transition)
            }
        }
        changes.removeAll(keepingCapacity: true)
    }

    mutating func record(_ transition: Transition) {
        statistics.transitions += 1
        batch.transitions.append(transition)
        add(planner.note(transition))
    }

    /// Adds escalations to the batch, as rows of the outbox.
    private mutating func add(_ escalations: [Escalation]) {
        for escalation in escalations { batch.escalations.append(OutboxItem(escalation)) }
    }

    mutating func record(_ outcome: CommandOutcome, by person: String?, at now: Instant) {
        if let transition = outcome.transition {
            record(transition)
        } else {
            let text = [outcome.name, outcome.suppression?.suppression?.reason].compactMap { $0 }.joined(
                separator: ": ")
            batch.notes.append(AuditNote(outcome.done.rawValue, at: now, person: person, text: text))
        }
        if let suppression = outcome.suppression { batch.suppressions.append(suppression) }
    }

    /// Counts and logs the faults of a payload. Keeps the payload if a part of it could not be read.
    private mutating func note(
        _ findings: PayloadFindings, of message: IncomingMessage, from device: Int, at now: Instant
    ) {
        if findings.isWithoutReadings {
            statistics.withoutReadings += 1
            return
        }
        let name = model.site.devices[device].id
        let reason = findings.description
        if !findings.timeFaults.isEmpty { statistics.unreadableTimes += 1 }
        guard !findings.faults.isEmpty else { return complaints.unreadableTime(device: name, reason: reason, at: now) }
        statistics.refused += 1
        complaints.refused(device: name, reason: reason, at: now)
        guard configuration.store.refusedMax > 0 else { return }
        // Keeps enough to show the fault, so that a hostile payload cannot fill the disk. Refused payloads collect in
        // memory while nothing can be stored, so their number is limited to what the store would keep.
        batch.add(
            RefusedPayload(
                device: name, topic: String(decoding: message.topic, as: UTF8.self),
                payload: Array(message.payload.prefix(65_536)),
                reason: reason, arrived: now), atMost: configuration.store.refusedMax, bytesMax: Self.refusedBytesMax)
    }

    /// Executes an operator's command. The answer is valid once the batch is committed.
    mutating func execute(_ command: OperatorCommand, at now: Instant) throws(OperatorError) -> CommandOutcome {
        let outcome = try book.execute(command, at: now)
        record(outcome, by: command.person, at: now)
        return outcome
    }

    /// Adds the state of the escalations to the batch. Call it before the commit.
    mutating func completeBatch() {
        if batch.isUrgent { batch.escalationStates += planner.takeChanges() }
        batch.received.last = received.last
        batch.received.forgottenUpTo = received.forgottenAfterRelease
        // Includes all changes since the newest commit, also after a failed attempt.
        batch.deviceStates.removeAll(keepingCapacity: true)
        decoder.appendChangedStates(to: &batch.deviceStates)
        quality.appendChangedStates(to: &batch.deviceStates)
    }

    /// Forgets received messages, because the broker has begun a new session. It does not send old messages again, and
    /// reuses their identifiers for new ones.
    mutating func forgetReceived() {
        guard received.last > 0 else { return }
        received.forget()
        batch.received.marks.removeAll()
        batch.received.isNewSession = true
    }

    /// Removes what an operator said of a sensor, and its note, from the open batch, if they are still in it, because
    /// the command is refused.
    mutating func takeBack(_ change: SensorChange, _ note: AuditNote) {
        if let at = batch.sensorChanges.lastIndex(of: change) { batch.sensorChanges.remove(at: at) }
        if let at = batch.notes.lastIndex(of: note) { batch.notes.remove(at: at) }
    }

    /// Adds a note to the audit chain.
    mutating func add(_ note: AuditNote) { batch.notes.append(note) }

    /// Clears what was committed. Call it after the commit, and before the acknowledgements are sent.
    mutating func committed() {
        if !batch.isEmpty {
            statistics.commits += 1
            decoder.noteStored()
            quality.noteStored()
        }
        batch.removeAll()
        received.acknowledgementsReleased()
        unacknowledged = 0
    }

    mutating func count(_ body: (inout Statistics) -> Void) { body(&statistics) }

    /// Continues the work of the previous intake after a reload.
    mutating func carryOver(_ earlier: borrowing Intake) {
        received = earlier.received
        arrivals = earlier.arrivals
        statistics = earlier.statistics
        health.carryOver(earlier.health)
        decoder.carryOver(earlier.decoder)
    }

    /// Restores the stored message numbers and clocks. Clocks are also compared with the newest readings.
    /// - Parameter present: no later time is believed.
    mutating func rememberDevices(from store: Store, before present: Instant) throws {
        let states = try store.deviceStates()
        decoder.restore(states)
        quality.restore(states, present: present)
        decoder.noteNewest { engine.newestTime(of: $0) }
        for (index, device) in model.site.devices.enumerated() {
            let times = device.fields.compactMap {
                engine.newestTime(of: model.series.id(device: device.id, quantity: $0.quantity.name))
            }
            if let newest = times.max() { quality.noteNewest(newest, of: index) }
        }
    }
}
