import AlarmModel
import Store
import Telemetry

/// Checks the promises for numbered messages, for several quantities in one message, for sensors that die and for
/// clocks that fall back.
extension Simulation {
    private struct PostReading {
        var isHumidity: Bool
        var reading: Reading
    }

    func checkPost(_ post: PostWeather, _ reader: StoreReader, _ events: [StoreReader.Event]) throws {
        var stored: [PostReading] = []
        try reader.forEachReading { device, quantity, reading in
            guard device == "d\(Plant.post)", ["humidity", "carbon_monoxide"].contains(quantity) else { return }
            stored.append(PostReading(isHumidity: quantity == "humidity", reading: reading))
        }
        checkNumbers(post, stored)
        checkSilence(stored, events)
        checkPulse(post, stored, events)
        checkClock(post, stored)
        checkSoaked(stored, events)
    }

    /// Checks that a message is stored at most once, however often it came, and that an acknowledged message is
    /// stored.
    private func checkNumbers(_ post: PostWeather, _ stored: [PostReading]) {
        let counts = Dictionary(stored.filter(\.isHumidity).map { ($0.reading.value, 1) }, uniquingKeysWith: +)
        var acknowledged: [Int: Bool] = [:]
        for (place, (_, message)) in post.sent.enumerated() {
            let isAcknowledged = world.broker.acknowledged.contains(Weather.firstPost + place)
            acknowledged[message.sequence] = acknowledged[message.sequence] ?? false || isAcknowledged
        }
        for (_, message) in post.sent {
            guard let isAcknowledged = acknowledged.removeValue(forKey: message.sequence) else { continue }
            for value in message.humidity {
                let count = counts[value] ?? 0
                if count > 1 { fail("post: message \(message.sequence) is stored \(count) times") }
                if count == 0, isAcknowledged {
                    fail("post: message \(message.sequence) was acknowledged, and is not stored")
                }
                if count != 1 { break }
            }
        }
    }

    /// Promise 3: no level falls because its sensor died.
    private func checkSilence(_ stored: [PostReading], _ events: [StoreReader.Event]) {
        guard !weather.setsClock else { return }
        let times = stored.filter(\.isHumidity).map(\.reading.time).sorted()
        for event in events where event.rule == "damp" && event.kind == .cleared {
            let time = event.time
            let newest = times.last { $0 <= time } ?? VirtualClock.start
            // Only time in which the gateway runs counts as silence.
            let (from, to) = (newest - VirtualClock.start, time - VirtualClock.start)
            let listened = lives.reduce(TimeSpan.zero) { $0 + max(.zero, min($1.to, to) - max($1.from, from)) }
            if listened >= Plant.silence + .seconds(1) {
                fail("damp/s\(Plant.post): cleared at \(event.time), and nothing was heard since \(newest)")
            }
        }
    }

    /// A clock that has fallen back is believed for a few messages, and then found wrong. A death resets that count,
    /// and a backlog that comes at once counts as one message.
    private func checkClock(_ post: PostWeather, _ stored: [PostReading]) {
        guard post.clockFalls != nil, !weather.setsClock else { return }
        let limit = (4 + 3 * lives.count) * PostMessage.samples
        // The run is shorter than the smallest fall.
        let believed = stored.count {
            $0.isHumidity && $0.reading.time < VirtualClock.start && !$0.reading.quality.contains(.clockReplaced)
        }
        let isFound = stored.contains { $0.reading.quality.contains(.clockReplaced) }
        if believed > limit, !isFound {
            fail("post: its clock fell back, and all of \(believed) readings were taken at their own times")
        }
    }

    /// Checks that a lasting condition ends by a reading, and not by a silence after which it continues as before.
    private func checkSoaked(_ stored: [PostReading], _ events: [StoreReader.Event]) {
        guard !weather.setsClock else { return }
        let dry = stored.filter { $0.isHumidity && $0.reading.value <= 50 }.map(\.reading.time)
        var raised: Instant?
        for event in events where event.rule == "soaked" {
            let time = event.time
            if event.kind == .raised { raised = time }
            guard event.kind == .cleared, let since = raised else { continue }
            if !dry.contains(where: { $0 > since - Plant.soak && $0 <= time }) {
                fail("soaked/s\(Plant.post): raised at \(since) and cleared at \(time), and no reading between was dry")
            }
        }
    }

    /// Two quantities of one message are judged moment by moment; with a clock that has fallen, by their end.
    private func checkPulse(_ post: PostWeather, _ stored: [PostReading], _ events: [StoreReader.Event]) {
        guard !weather.setsClock else { return }
        let found = events.filter { $0.rule == "pulse" && Self.moves.contains($0.kind) }
        if post.clockFalls != nil {
            // The newest arrivals may be about the past; then the post's newest moment is not known from here.
            guard let humidity = stored.last(where: \.isHumidity), let gas = stored.last(where: { !$0.isHumidity }),
                stored.allSatisfy({ $0.reading.time <= humidity.reading.time }),
                humidity.reading.time == gas.reading.time,
                humidity.reading.quality.contains(.clockReplaced), humidity.reading.quality.isUsable,
                gas.reading.quality.contains(.clockReplaced), gas.reading.quality.isUsable
            else { return }
            let isBoth = humidity.reading.value > 50 && gas.reading.value > 50
            let stands = found.last?.kind == .raised
            if stands != isBoth { fail("pulse/s\(Plant.post): it stands: \(stands), and should: \(isBoth)") }
            return
        }
        // A copy of a lost message may come after its time: it is about the past.
        var expected: [(kind: String, time: Instant)] = []
        var (stands, newest) = (false, Instant.distantPast)
        var values: (humidity: Double?, gas: Double?) = (nil, nil)
        for (index, post) in stored.enumerated() where post.reading.time >= newest {
            if post.reading.time > newest { values = (nil, nil) }
            newest = post.reading.time
            if post.isHumidity { values.humidity = post.reading.value } else { values.gas = post.reading.value }
            let isWhole = index + 1 == stored.count || stored[index + 1].reading.time != newest
            guard isWhole, let humidity = values.humidity, let gas = values.gas else { continue }
            let isBoth = humidity > 50 && gas > 50
            if isBoth != stands { expected.append((isBoth ? "raised" : "cleared", newest)) }
            stands = isBoth
        }
        // A backlog that comes when the post already counts as silent is dated at that moment at the earliest.
        let silences = Set(stored.map { $0.reading.time + Plant.silence })
        func isRight(_ move: StoreReader.Event, _ expected: (kind: String, time: Instant)) -> Bool {
            guard move.kind.rawValue == expected.kind else { return false }
            return move.time == expected.time || move.time > expected.time && silences.contains(move.time)
        }
        if let at = zip(found, expected).enumerated().first(where: { !isRight($1.0, $1.1) })?.offset {
            let (move, right) = (found[at], expected[at])
            fail(
                "pulse/s\(Plant.post): move \(at + 1) is \(move.kind) at \(move.time), and should be \(right.kind) at \(right.time)"
            )
        } else if expected.count != found.count {
            fail("pulse/s\(Plant.post): \(found.count) moves, and should be \(expected.count)")
        }
    }
}
