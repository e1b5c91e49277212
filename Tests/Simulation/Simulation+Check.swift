import AlarmModel
import Alarms
import Devices
import Foundation
import Store
import Telemetry

/// Compares the promises with the results.
extension Simulation {
    func check() {
        do {
            let reader = try StoreReader(path: folder.file("t.db"))
            let events = try reader.events(after: 0, since: nil, limit: 1_000_000)
            let stored = try readings(reader)
            checkReadings(stored)
            try checkPressures(reader)
            checkMoves(stored, events)
            checkHeat(stored, events)
            if let post = weather.post { try checkPost(post, reader, events) }
            try checkBeacon(reader, events)
            try checkStanding(stored, reader)
            checkOrders(events)
            try checkEscalations(events, reader)
            checkChief(events, told: Set(try reader.escalationIdentities(to: "chief")))
            for fault in try reader.check().faults { fail("the store: \(fault)") }
            report.readings = stored.count
            report.acknowledged = world.broker.acknowledged.count
            report.transitions = events.count
        } catch {
            fail("the store cannot be read in the end: \(error)")
        }
        if world.broker.mostUnderWay > 65_535 { fail("\(world.broker.mostUnderWay) messages were under way at once") }
    }

    func fail(_ text: String) { report.faults.append(text) }

    private struct StoredReading: Hashable {
        var device: String
        var isLevel: Bool
        var time: Instant
        var value: Double
    }

    private func readings(_ reader: StoreReader) throws -> [StoredReading] {
        var readings: [StoredReading] = []
        try reader.forEachReading { device, quantity, reading in
            guard device != Device.gatewayID, ["water_level", "temperature"].contains(quantity) else { return }
            readings.append(
                StoredReading(
                    device: device, isLevel: quantity == "water_level", time: reading.time, value: reading.value))
        }
        return readings
    }

    /// The identity by which readings are counted. It has the time only if the message had one and the clock was not
    /// set.
    private struct Counted: Hashable {
        var device: String
        var isLevel: Bool
        var time: Instant?
        var value: Double
    }

    /// Promise 1: of messages that look alike, at least the acknowledged ones are stored, at most those that were
    /// read, each once.
    private func checkReadings(_ stored: [StoredReading]) {
        func counted(_ device: String, _ isLevel: Bool, _ time: Instant, _ value: Double) -> Counted {
            let isTimed = !weather.setsClock && !(weather.hasTimeless && isLevel && device == "d2")
            return Counted(device: device, isLevel: isLevel, time: isTimed ? time : nil, value: value)
        }
        var counts: [Counted: (stored: Int, acknowledged: Int, read: Int)] = [:]
        for reading in stored {
            counts[counted(reading.device, reading.isLevel, reading.time, reading.value), default: (0, 0, 0)].stored +=
                1
        }
        for (number, fact) in weather.facts.enumerated() {
            let key = counted("d\(fact.device)", fact.isLevel, fact.time, fact.value)
            if world.broker.acknowledged.contains(number) { counts[key, default: (0, 0, 0)].acknowledged += 1 }
            // If a broker reuses identifiers at once, repeated messages cannot always be recognised.
            let reads = world.reads[number] ?? 0
            counts[key, default: (0, 0, 0)].read += weather.identifiers == .lowestFree ? reads : min(reads, 1)
        }
        for (key, count) in counts where count.stored < count.acknowledged || count.stored > count.read {
            let time = key.time.map { " \($0)" } ?? ""
            fail(
                "\(key.device)\(time) \(key.value): \(count.acknowledged) messages acknowledged, \(count.read) read, \(count.stored) stored"
            )
        }
    }

    /// Promise 1 for readings that may have to wait for the next one, in memory and as a state: none is lost, and none
    /// is stored twice.
    private func checkPressures(_ reader: StoreReader) throws {
        func key(_ device: String, _ isTimed: Bool, _ time: Instant, _ value: Double) -> Counted {
            Counted(device: device, isLevel: false, time: isTimed && !weather.setsClock ? time : nil, value: value)
        }
        var counts: [Counted: (stored: Int, acknowledged: Int, read: Int)] = [:]
        try reader.forEachReading { device, quantity, reading in
            guard quantity == "pressure" else { return }
            // The pressure of a message without a time has that of its arrival.
            let isTimed = !(weather.hasTimeless && device == "d2")
            counts[key(device, isTimed, reading.time, reading.value), default: (0, 0, 0)].stored += 1
        }
        // What came last may still wait.
        let limit = VirtualClock.start + weather.end - .minutes(10)
        for (number, fact) in weather.facts.enumerated() {
            let device = "d\(fact.device)"
            let isTimed = !(weather.hasTimeless && device == "d2")
            let pressure = Weather.pressure(fact.time.nanoseconds / 1_000_000)
            let key = key(device, isTimed, fact.time, pressure)
            if world.broker.acknowledged.contains(number), fact.time < limit {
                counts[key, default: (0, 0, 0)].acknowledged += 1
            }
            let reads = world.reads[number] ?? 0
            counts[key, default: (0, 0, 0)].read += weather.identifiers == .lowestFree ? reads : min(reads, 1)
        }
        for (key, count) in counts where count.stored < count.acknowledged || count.stored > count.read {
            let time = key.time.map { " \($0)" } ?? ""
            fail(
                """
                the pressure of \(key.device)\(time) \(key.value): \(count.acknowledged) messages acknowledged, \
                \(count.read) read, \(count.stored) stored
                """)
        }
    }

    static let moves: Set<Transition.Kind> = [.raised, .rose, .fell, .cleared]

    private func series(_ stored: [StoredReading], _ station: Int, isLevel: Bool) -> [(time: Instant, value: Double)] {
        stored.filter { $0.device == "d\(station)" && $0.isLevel == isLevel }.map { ($0.time, $0.value) }
    }

    /// Promise 3, and more: an alarm does exactly what its readings require.
    private func checkMoves(_ stored: [StoredReading], _ events: [StoreReader.Event]) {
        for station in 1...Plant.stations {
            let readings = series(stored, station, isLevel: true)
            let expected = Expectation.floodMoves(readings, withTimes: !weather.setsClock).moves
            let found = events.filter {
                $0.rule == "flood" && $0.group == "s\(station)" && Self.moves.contains($0.kind)
            }.map {
                Expectation.Move(
                    kind: $0.kind.rawValue, from: $0.from, to: $0.to,
                    time: weather.setsClock ? nil : $0.time.description)
            }
            if let at = zip(expected, found).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                fail("flood/s\(station): move \(at + 1) is \(found[at]), and should be \(expected[at])")
            } else if expected.count != found.count {
                let next =
                    expected.count > found.count
                    ? "missing: \(expected[found.count])" : "too much: \(found[expected.count])"
                fail("flood/s\(station): \(found.count) moves, and should be \(expected.count); \(next)")
            }
        }
        for event in events where event.kind == .retired && event.rule != "store-failing" {
            fail("\(event.alarm) was retired")
        }
    }

    /// Returns when the reading of a moment was first read.
    private func arrival(_ station: Int, _ time: Instant) -> TimeSpan? {
        weather.facts.indices.first {
            weather.facts[$0].device == station && !weather.facts[$0].isLevel && weather.facts[$0].time == time
        }
        .flatMap { world.arrivals[$0] }
    }

    /// A condition with a duration is seen at the exact moment, if the gateway was running then.
    private func checkHeat(_ stored: [StoredReading], _ events: [StoreReader.Event]) {
        guard !weather.setsClock else { return checkHeatWithoutClock() }
        for station in 1...Plant.stations {
            let heats = Expectation.heats(series(stored, station, isLevel: false))
            let raises = Set(
                events.filter { $0.rule == "heat" && $0.group == "s\(station)" && $0.kind == .raised }.map(
                    \.time.description))
            var allowed: Set<String> = []
            for heat in heats {
                let due = heat.start + Plant.heat
                allowed.insert(due.description)
                let isLong = heat.end.map { $0 > due } ?? true
                if isLong, !raises.contains(due.description) {
                    fail(
                        "heat/s\(station): it was hot from \(heat.start) to \(heat.end?.description ?? "the end"), and no alarm at \(due)"
                    )
                }
                // A shorter heat may raise an alarm only if its end was not known in time.
                if !isLong, raises.contains(due.description), let end = heat.end, let known = arrival(station, end),
                    let begun = arrival(station, heat.start), known - begun < Plant.heat
                {
                    fail(
                        "heat/s\(station): an alarm at \(due), and it was known \((known - begun).seconds) s after the first reading that it was no longer hot"
                    )
                }
            }
            for raise in raises.subtracting(allowed).sorted() {
                fail("heat/s\(station): an alarm at \(raise) out of nothing")
            }
        }
    }

    /// Checks that nobody is notified of heat that has not lasted, however the clock was set.
    private func checkHeatWithoutClock() {
        for station in 1...Plant.stations {
            let facts = weather.facts.filter { $0.device == station && !$0.isLevel }.map {
                (time: $0.time, value: $0.value)
            }
            let heats = Expectation.heats(facts)
            for delivery in world.deliveries["desk"] ?? []
            where delivery.identity.hasPrefix("heat/s\(station)@") && delivery.identity.contains("#1/") {
                let told = VirtualClock.start + delivery.uptime
                let hasLasted = heats.contains { heat in
                    let isEndKnown = heat.end.flatMap { arrival(station, $0) }.map { $0 <= delivery.uptime } ?? false
                    // The arrival of a stored reading is known to within a commit's delay.
                    return heat.start + Plant.heat <= told + plant.configuration.store.commitDelay
                        && (!isEndKnown || (heat.end ?? .distantFuture) > heat.start + Plant.heat - .seconds(1))
                }
                if !hasLasted {
                    fail(
                        "\(delivery.identity) was told \(delivery.uptime.seconds) s after the start, and it had not been hot for long enough"
                    )
                }
            }
        }
    }

    /// Checks that in the end the state of each alarm key follows from its last readings.
    private func checkStanding(_ stored: [StoredReading], _ reader: StoreReader) throws {
        let alarms = try reader.alarms().filter { $0.cleared == nil }
        for station in 1...Plant.stations {
            let expected = Expectation.floodMoves(series(stored, station, isLevel: true), withTimes: !weather.setsClock)
                .level
            let found = alarms.filter { $0.rule == "flood" && $0.group == "s\(station)" }
            let level = found.first?.level ?? "normal"
            if found.count > 1 { fail("flood/s\(station): \(found.count) alarms at once") }
            if level != expected { fail("flood/s\(station) stands at \(level) in the end, and should at \(expected)") }
            let isHot = Expectation.heats(series(stored, station, isLevel: false)).last.map { $0.end == nil } ?? false
            let heat = alarms.filter { $0.rule == "heat" && $0.group == "s\(station)" }
            if heat.count != (isHot ? 1 : 0) {
                fail("heat/s\(station): \(heat.count) alarms in the end, and it is \(isHot ? "" : "not ")hot")
            }
        }
    }

    /// Checks that every confirmed operator command was executed.
    private func checkOrders(_ events: [StoreReader.Event]) {
        for (alarm, kind) in promises.orders.withLock({ $0 })
        where !events.contains(where: { $0.alarm == alarm && $0.kind.rawValue == kind }) {
            fail("it was answered that \(alarm) is \(kind), and its history does not know of it")
        }
    }

    /// Promise 2: every escalation that is due is delivered, in order, and none is invented.
    private func checkEscalations(_ events: [StoreReader.Event], _ reader: StoreReader) throws {
        for name in ["desk", "pager", "chief"] {
            let due = try reader.escalationIdentities(to: name)
            let dues = Set(due)
            report.escalations += due.count
            let deliveries = world.deliveries[name] ?? []
            report.deliveries += deliveries.count
            let told = Set(deliveries.map(\.identity))
            for identity in due where !told.contains(identity) { fail("\(identity) was never delivered") }
            for identity in told where !dues.contains(identity) && !world.provisional.contains(identity) {
                fail("\(identity) was delivered, and nobody knows of it")
            }
            if name != "chief" {
                for event in events
                where Self.moves.contains(event.kind) && event.rule != "store-failing" && !maySuppress(event) {
                    let identity = "\(event.alarm)#\(event.sequence)/\(name)"
                    if !dues.contains(identity) { fail("\(identity) was never due: \(event.kind) to \(event.to)") }
                }
            }
            checkOrder(deliveries, name, due)
        }
    }

    /// Returns `true` if someone may have shelved the alarm key at that time: then nobody is notified.
    private func maySuppress(_ event: StoreReader.Event) -> Bool {
        guard event.rule == "flood" else { return false }
        return weather.happenings.contains { happening in
            guard case .order(.shelve, let station) = happening.kind, event.group == "s\(station)" else { return false }
            // A stop at the end of the time makes it longer.
            return weather.setsClock
                || (happening.at...happening.at + .minutes(6)).contains(event.recorded - VirtualClock.start)
        }
    }

    /// A repeat may come at any time. A new message comes in the order of its alarm, and in the order in which it
    /// became due.
    private func checkOrder(_ deliveries: [Delivery], _ name: String, _ due: [String]) {
        var newest: [Substring: Int] = [:]
        let order = Dictionary(due.enumerated().map { ($1, $0) }) { first, _ in first }
        var latest: [Substring: (order: Int, identity: String)] = [:]
        var seen: Set<String> = []
        for delivery in deliveries
        where seen.insert(delivery.identity).inserted && !world.provisional.contains(delivery.identity) {
            let parts = delivery.identity.split(separator: "#")
            guard parts.count == 2, let sequence = Int(parts[1].prefix { $0.isNumber }) else { continue }
            if let before = newest[parts[0]], before > sequence {
                fail("\(name) was told \(delivery.identity) after #\(before) of the same alarm")
            }
            newest[parts[0]] = sequence
            let place = parts[0].prefix(upTo: parts[0].lastIndex(of: "@") ?? parts[0].endIndex)
            guard let number = order[delivery.identity] else { continue }
            if let last = latest[place], last.order > number {
                fail("\(name) was told \(delivery.identity) after \(last.identity), which was due later")
            }
            latest[place] = (number, delivery.identity)
        }
    }

    /// Checks that people who are notified after a time are notified then, and not before.
    private func checkChief(_ events: [StoreReader.Event], told: Set<String>) {
        guard !weather.setsClock, !weather.hasDiskFaults else { return }
        for (alarm, events) in Dictionary(grouping: events, by: \.alarm)
        where ["flood", "heat"].contains(events.first?.rule) {
            guard !events.contains(where: { $0.kind == .shelved || maySuppress($0) }) else { continue }
            var since: TimeSpan?
            var spans: [(from: TimeSpan, to: TimeSpan)] = []
            var isAcknowledged = false
            for event in events {
                let at = event.recorded - VirtualClock.start
                if event.kind == .acknowledged { isAcknowledged = true }
                if event.kind == .rose { isAcknowledged = false }
                let counts = event.to == "warning" && !isAcknowledged
                if counts, since == nil { since = at }
                if !counts, let from = since {
                    spans.append((from, at))
                    since = nil
                }
            }
            if let since { spans.append((since, world.uptime)) }
            let wasTold = told.contains { $0.hasPrefix(alarm + "#") }
            let isDue = spans.contains { span in
                lives.contains { min($0.to, span.to) - max($0.from, span.from + Plant.patience) > .seconds(5) }
            }
            if isDue, !wasTold {
                fail("\(alarm): a warning that nobody took on for \(Plant.patience), and the chief was not told")
            }
            if wasTold, !spans.contains(where: { $0.to - $0.from >= Plant.patience }) {
                fail("\(alarm): the chief was told too early")
            }
        }
    }
}
