package import Telemetry

/// Turns payload bytes into readings, for the devices of one site.
///
/// ```swift
/// guard let route = decoder.route(of: topic) else { return }
/// decoder.begin(route, arrival: now)
/// while let findings = decoder.decodeNext(payload, into: &readings) { … }  // once for each device that it is from
/// ```
///
/// A reading gets its time and its value in the canonical unit, and no flag: `QualityControl` judges it. Everything
/// that can be decided in advance is: which series a field feeds, and how its unit becomes the canonical one. A decoder
/// is used by one thread only. It allocates nothing in the steady state.
package final class PayloadDecoder {
    package let site: Site
    let plans: [DecodingPlan]
    private let topics: TopicTable
    /// With Sparkplug, the last one is that of a message whose device is not in the inventory.
    private var routes: [Route]
    let parser: JSONParser
    let documents: PayloadDocuments
    private let bytesMax: Int
    let zone: ZoneTable
    /// The samples of an array, in the canonical unit; not a number for one that is not there.
    var sampleBuffer: [Double] = []
    /// The newest unit of each field of each device, at ``DecodingPlan/Field/unitPlace``.
    var units: [PayloadUnit]
    /// The state of each device's message numbers.
    var numbering: MessageNumbering
    var availability: DeviceAvailability
    var uptimes: Uptimes
    /// Set while the largest uptime of the current array is known.
    var isUptimeTaken = false
    /// The edge nodes of Sparkplug.
    var sparkplug: SparkplugNodes
    /// The plans of the devices that a message of Sparkplug says are gone.
    var deadPlans: [Int] = []
    /// The properties of the message that was decoded last. Quality control changes its times.
    package var message = DecodedMessage()

    /// A device's part of a document.
    private struct Part {
        let plan: Int
        let root: JSONValue
        /// Set for a message of Sparkplug.
        var sparkplug: SparkplugNodes.Route?
    }

    private var route = 0
    /// The number of stages of the route that are done.
    private var stage = 0
    /// The parts of the stage's document that are still to be decoded, the last one first.
    private var parts: [Part] = []
    /// Set when a part of the payload was decoded, or when it is certain that there is none.
    private var isRead = false
    /// Why no stage so far could read the payload.
    private var fault: PayloadFault?
    private(set) var arrival = Instant.distantPast
    private var isRetained = false
    var facts = EnvelopeFacts()

    /// - Parameters:
    ///   - series: the series of each device and quantity.
    ///   - bytesMax: a longer payload is refused without parsing it.
    ///   - zone: the site's zone, for times that do not name one.
    package init(
        site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, bytesMax: Int = 262_144,
        zone: ZoneTable = ZoneTable()
    ) {
        self.site = site
        self.zone = zone
        self.bytesMax = bytesMax
        var fieldCount = 0
        var plans: [DecodingPlan] = []
        var names: [String] = []
        var members: [[Route.Member]] = []
        var places: [String: Int] = [:]
        var sparkplugPlans: [(index: Int, topic: String)] = []
        for (index, device) in site.devices.enumerated() {
            for (message, topic) in device.topics.enumerated() {
                if device.profile.messages[message].format.isSparkplug {
                    sparkplugPlans.append((plans.count, topic))
                    plans.append(DecodingPlan(device, index, message: message, series: series, &fieldCount))
                    continue
                }
                let place = places[topic] ?? names.count
                if place == names.count {
                    places[topic] = place
                    names.append(topic)
                    members.append([])
                }
                members[place].append(
                    (plans.count, device.key, device.profile.messages[message], "\(device.profile.name) \(message)"))
                plans.append(DecodingPlan(device, index, message: message, series: series, &fieldCount))
            }
        }
        self.plans = plans
        let nodes = SparkplugNodes(sparkplugPlans, fieldCount: fieldCount)
        var routes = members.map { Route($0) }
        for (topic, route) in nodes.routes {
            names.append(topic)
            routes.append(Route(route, anyPlan: nodes.nodes[route.node].plans[0]))
        }
        if let any = routes.last, !nodes.isEmpty { routes.append(any) }
        (sparkplug, self.routes) = (nodes, routes)
        units = Array(repeating: PayloadUnit(), count: fieldCount)
        numbering = MessageNumbering(site.devices, series: series)
        uptimes = Uptimes(count: site.devices.count)
        availability = DeviceAvailability(site.devices, series: series)
        topics = TopicTable(names)
        parser = JSONParser(bytesMax: bytesMax)
        documents = PayloadDocuments(plans.map(\.layout), bytesMax: bytesMax)
    }

    /// Returns the route of a topic: which devices publish on it; `nil` if none does.
    package func route(of topic: UnsafeRawBufferPointer) -> Int? {
        if let route = topics.index(of: topic) { return route }
        guard !sparkplug.isEmpty, let stranger = sparkplug.strangerRoute(of: topic) else { return nil }
        routes[routes.count - 1] = Route(stranger, anyPlan: sparkplug.nodes[stranger.node].plans[0])
        return routes.count - 1
    }

    /// Returns a device of a route, by its index in the inventory.
    package func device(of route: Int) -> Int { plans[routes[route].stages[0].plan].device }

    /// Begins with a payload of a topic. Its readings come from ``decodeNext(_:into:)``.
    /// - Parameters:
    ///   - isSentAgain: set if the broker may have sent it before.
    ///   - isRetained: set if the broker has kept it, so that it may be of any time.
    package func begin(_ route: Int, arrival: Instant, isSentAgain: Bool = false, isRetained: Bool = false) {
        (self.route, self.arrival, self.isRetained) = (route, arrival, isRetained)
        (stage, isRead, fault) = (0, false, nil)
        parts.removeAll(keepingCapacity: true)
        deadPlans.removeAll(keepingCapacity: true)
        facts = EnvelopeFacts()
        numbering.dateGaps(by: message)
        numbering.begin(isSentAgain: isSentAgain || isRetained)
    }

    /// Decodes the part of the payload that is from the next device, and appends its readings.
    ///
    /// The readable parts are appended even if others are not readable. A message whose number has come before gives no
    /// reading: then ``hasComeBefore`` is set.
    /// - Parameter payload: the same payload, until there is nothing left.
    /// - Returns: what could not be read, if anything; `nil` if nothing is left of the payload.
    package func decodeNext(_ payload: UnsafeRawBufferPointer, into readings: inout [Reading]) -> PayloadFindings? {
        if let part = parts.popLast() { return decode(part, nil, &readings) }
        while stage < routes[route].stages.count {
            let current = routes[route].stages[stage]
            stage += 1
            switch open(payload, current) {
            case .document(let root, let problem):
                addParts(of: root, current)
                if let part = parts.popLast() { return decode(part, problem, &readings) }
                if let problem { fault = problem }
            case .fault(let found):
                // A payload that is not even of the format is of no other stage either.
                stage = routes[route].stages.count
                fault = found
            case .otherLayout(let found): fault = found
            case .blank, .otherPort: break
            }
            if let plan = deadPlans.popLast() { return decodeDeath(plans[plan], &readings) }
        }
        if let plan = deadPlans.popLast() { return decodeDeath(plans[plan], &readings) }
        guard !isRead else { return nil }
        isRead = true
        return finish(plans[routes[route].stages[0].plan], &readings)
    }

    private func addParts(of root: JSONValue, _ stage: Route.Stage) {
        switch stage {
        case .whole(let plan): parts.append(Part(plan: plan, root: root))
        case .sparkplug(let route, let plan): parts.append(Part(plan: plan, root: root, sparkplug: route))
        case .members(let members): addMembers(of: root, members)
        case .keyed(let keyed): addKeyed(root, keyed)
        }
    }

    private func open(_ payload: UnsafeRawBufferPointer, _ stage: Route.Stage) -> Opened {
        guard payload.count <= bytesMax else { return .fault(.tooLong(payload.count, max: bytesMax)) }
        if case .sparkplug(let route, _) = stage { return openSparkplug(payload, route) }
        return document(payload, plans[stage.plan].layout)
    }

    /// Ends the part of a device that is gone, by the word of its node or of the broker.
    private func decodeDeath(_ plan: DecodingPlan, _ readings: inout [Reading]) -> PayloadFindings {
        isRead = true
        begin(plan, readings)
        appendOnline(false, plan, &readings)
        message.isDeath = true
        availability.note(plan.device, isGone: true)
        return PayloadFindings()
    }

    private func decode(_ part: Part, _ problem: PayloadFault?, _ readings: inout [Reading]) -> PayloadFindings {
        let plan = plans[part.plan]
        isRead = true
        begin(plan, readings)
        var findings = PayloadFindings()
        if let problem { findings.add(problem) }
        let values =
            switch plan.layout.format {
            case .senml, .senmlCBOR: decodeSenML(part.root, plan, arrival, &readings, &findings)
            case .sparkplug: decodeSparkplug(part.root, plan, part.sparkplug, &readings, &findings)
            case .json, .text, .keyValue, .csv, .binary: decodeJSON(part.root, plan, arrival, &readings, &findings)
            }
        if values == 0, !numbering.hasComeBefore { findings.noteNoReadings() }
        if values > 0 {
            message.isDeath = plan.layout.isAvailability && readings.last?.value == 0
            // That a device is back is shown by a reading of now, and not by one that the broker has kept.
            if message.isDeath {
                availability.note(plan.device, isGone: true)
            } else if !plan.layout.isAvailability, !isRetained {
                availability.note(plan.device, isGone: false)
            }
        }
        return findings
    }

    /// Ends a payload that no device has a part of. Its number counts nevertheless: a frame of another port is not
    /// missing.
    private func finish(_ plan: DecodingPlan, _ readings: inout [Reading]) -> PayloadFindings {
        begin(plan, readings)
        if plan.layout.countsFrames {
            let number = takeNumber(facts.number, written: facts.counter, own: nil, plan, arrival)
            let stamp = message.add(.arrival, arrival)
            endMoment(from: readings.count, number, plan, arrival, stamp: stamp, &readings)
        }
        var findings = PayloadFindings()
        if let fault { findings.refuse(fault) } else { findings.noteNoReadings() }
        return findings
    }

    private func begin(_ plan: DecodingPlan, _ readings: [Reading]) {
        numbering.dateGaps(by: message)
        numbering.beginPart()
        message.begin(device: plan.device, arrival: arrival, firstReading: readings.count)
    }

    /// Adds the member of each device that the document has.
    private func addMembers(of root: JSONValue, _ members: [Int]) {
        for plan in members.reversed() {
            if let own = plans[plan].object.flatMap({ root.at($0) }) { parts.append(Part(plan: plan, root: own)) }
        }
    }

    /// Adds the object, or the objects of an array, that name a known device.
    private func addKeyed(_ root: JSONValue, _ keyed: Route.Keyed) {
        if !root.forEachItem({ addKeyed(object: $0, keyed) }) { addKeyed(object: root, keyed) }
        // Devices are decoded in the order in which the payload has them.
        parts.reverse()
    }

    private func addKeyed(object: JSONValue, _ keyed: Route.Keyed) {
        guard let key = object.at(keyed.pointer) else { return }
        var place: Int?
        if let text = key.string {
            place = keyed.keys.index(of: UnsafeRawBufferPointer(text))
        } else if let number = key.integer {
            documents.writeKey(number)
            place = documents.key.bytes.withUnsafeBytes { keyed.keys.index(of: $0) }
        }
        guard let place else { return }
        for plan in keyed.plans[place] { parts.append(Part(plan: plan, root: object)) }
    }
}

extension PayloadDecoder {
    /// Appends the device states to store with this batch.
    package func appendChangedStates(to states: inout [DeviceState]) {
        numbering.dateGaps(by: message)
        numbering.appendChanged(to: &states)
        availability.appendChanged(to: &states)
    }

    /// Call this after the states have been stored.
    package func noteStored() {
        numbering.noteStored()
        availability.noteStored()
    }

    /// Restores the stored states of devices.
    package func restore(_ states: [DeviceState]) {
        numbering.restore(states)
        availability.restore(states)
    }

    /// Appends a reading of a field from a value in the payload's unit.
    @inline(__always)
    func append(
        _ raw: Double, of field: DecodingPlan.Field, factor: Double, summand: Double, at time: Instant,
        to readings: inout [Reading]
    ) {
        readings.append(Reading(series: field.series, time: time, value: raw * factor + summand))
    }
}
