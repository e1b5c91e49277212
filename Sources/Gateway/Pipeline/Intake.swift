internal import Alarms
internal import Devices
internal import Logging
internal import MQTT
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
internal import Store
internal import Telemetry

/// The way of a message through the gateway, without I/O: bytes → readings → windows → transitions →
/// the batch that is to be committed.
///
/// Per reading nothing is allocated and no string is hashed; names appear only when something has
/// happened that a person will read about.
struct Intake: ~Copyable {
    private(set) var batch = StoreBatch()
    private(set) var statistics = Statistics()
    /// Messages read and not yet acknowledged.
    private(set) var unacknowledged = 0

    private var model: Model
    private var decoder: PayloadDecoder
    private var engine: Engine
    private var book: AlarmBook
    private let routes: EscalationRoutes
    private let configuration: Configuration
    private var complaints: ComplaintLimiter
    private var readings: [Reading] = []
    private var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
    private var changes: [LevelChange] = []

    init(_ model: Model, _ configuration: Configuration, logger: Logger) {
        self.model = model
        self.configuration = configuration
        decoder = PayloadDecoder(
            site: model.site, series: { model.series.id(device: $0, quantity: $1.name) }, bytesMax: configuration.payloadBytesMax)
        engine = Engine(model.rules.plan)
        book = AlarmBook(
            rules: model.rules, ladder: configuration.ladder, site: model.site, seriesDevices: model.series.devices)
        routes = EscalationRoutes(
            site: model.site.name,
            destinations: configuration.destinations.map {
                .init(name: $0.name, minimumLevel: .init(rank: UInt8($0.minimumLevel)))
            }, policies: configuration.policies)
        complaints = ComplaintLimiter(logger: logger)
    }

    /// Brings the engine to where it stood: windows from the stored readings, alarms from their table.
    mutating func warm(from store: Store, now: Instant) throws {
        if let newest = try store.newestReading() {
            let start = newest - model.rules.plan.horizon
            try store.replay(after: start) { reading in
                _ = engine.ingest(reading, into: &changes)
                changes.removeAll(keepingCapacity: true)
            }
        }
        let (ladders, retired) = book.restore(
            try store.activeAlarms(), returned: try store.returnedAlarms(limit: AlarmBook.returnedMax), shelves: try store.shelves(),
            at: now)
        // The windows say what is; what was raised, and is held by a latch, the alarms say.
        for instance in model.rules.instances.indices {
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: instance)
        }
        for (instance, ladder) in ladders { engine.restore(ladder, to: instance) }
        for transition in retired { record(transition) }
        statistics.active = book.active
    }

    /// Takes one message in. Its readings are evaluated at once, each in turn.
    mutating func take(_ message: BrokerConnection.Message, at now: Instant) {
        statistics.messages += 1
        if message.qos > 0 { unacknowledged += 1 }
        guard let device = decoder.device(publishingOn: message.topic) else {
            statistics.unknownTopics += 1
            complaints.unknownTopic(message.topic, at: now)
            return
        }
        if batch.arrived > now { batch.arrived = now }
        readings.removeAll(keepingCapacity: true)
        if let fault = decoder.decode(message.payload, from: device, arrival: now, into: &readings) {
            refuse(message, from: device, fault, at: now)
        }
        exceptions.removeAll(keepingCapacity: true)
        let readings = readings  // two parts of one value cannot be lent at once
        engine.listen(at: now)
        engine.ingest(readings.span, exceptions: &exceptions, into: &changes)
        keepReadings()
        if !changes.isEmpty { recordChanges(at: now) }
    }

    /// Puts the readings of a message into the batch, all but those that are there already.
    private mutating func keepReadings() {
        var exception = 0
        for (index, reading) in readings.enumerated() {
            var reading = reading
            if exception < exceptions.count, exceptions[exception].index == index {
                exception += 1
                switch exceptions[exception - 1].outcome {
                case .repeated:
                    statistics.repeated += 1
                    continue
                case .tooLate:
                    reading.quality.insert(.late)
                    statistics.late += 1
                case .evaluated, .unusable: break
                }
            }
            if reading.quality.contains(.implausible) { statistics.implausible += 1 }
            if reading.quality.contains(.clockReplaced) { statistics.clockReplaced += 1 }
            statistics.readings += 1
            batch.readings.append(reading)
        }
    }

    /// Lets the timers run that are due.
    mutating func tick(_ now: Instant) {
        engine.advance(to: now, into: &changes)
        if !changes.isEmpty { recordChanges(at: now) }
        let (transitions, ended) = book.expireShelves(at: now)
        for transition in transitions { record(transition) }
        batch.endedShelves += ended
        complaints.report(at: now)
    }

    var nextTimer: Instant? { engine.nextTimer }

    private mutating func recordChanges(at now: Instant) {
        for change in changes {
            if let transition = book.apply(change, ladder: engine.ladderState(of: change.instance), recorded: now) {
                record(transition)
            }
        }
        changes.removeAll(keepingCapacity: true)
        statistics.active = book.active
    }

    private mutating func record(_ transition: Transition) {
        statistics.transitions += 1
        batch.transitions.append(transition)
        if transition.isEscalated { batch.escalations += routes.escalations(of: transition) }
    }

    private mutating func refuse(_ message: BrokerConnection.Message, from device: Int, _ fault: PayloadFault, at now: Instant) {
        statistics.refused += 1
        let name = model.site.devices[device].id
        complaints.refused(device: name, reason: fault.description, at: now)
        guard configuration.store.refusedMax > 0 else { return }
        // Enough to see what is wrong with it; a hostile payload does not fill the disk.
        batch.refusals.append(
            RefusedPayload(
                device: name, topic: model.site.devices[device].topic, payload: Array(message.payload.prefix(65_536)),
                reason: fault.description, arrived: now))
    }

    /// Does what an operator asks for; the answer is good once the batch is committed.
    mutating func carryOut(_ order: OperatorOrder, at now: Instant) throws(OperatorError) -> Transition {
        let transition = try book.carryOut(order, at: now)
        record(transition)
        statistics.active = book.active
        return transition
    }

    /// To be called after the commit.
    mutating func committed() {
        if !batch.isEmpty { statistics.commits += 1 }
        batch.removeAll()
        unacknowledged = 0
    }

    mutating func count(_ body: (inout Statistics) -> Void) { body(&statistics) }

    /// Goes on counting where another intake stopped, after a reload.
    mutating func carryOver(_ earlier: Statistics) {
        let active = statistics.active
        statistics = earlier
        statistics.active = active
        statistics.reloads += 1
    }
}
