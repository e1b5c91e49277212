import Foundation
import Telemetry
import TestSupport

/// The events of one run: readings and faults, drawn from the seed.
struct Weather {
    /// The content of a message.
    struct Fact {
        var device: Int
        var isLevel: Bool
        var time: Instant
        var value: Double
        /// Set if the message has its own time; otherwise its reading has the time of its arrival.
        var hasOwnTime: Bool
    }

    private(set) var happenings: [Happening] = []
    /// The facts, by the number of the message.
    private(set) var facts: [Fact] = []
    /// The messages of the post; a message's number is its place behind ``firstPost``.
    private(set) var post: PostWeather?
    static let firstPost = 1_000_000
    /// The number of the beacon's first message.
    static let firstBeacon = 2_000_000
    /// The ends of the troubles and of the readings.
    let trouble: TimeSpan
    let end: TimeSpan
    /// Set if the gateway's clock is set in this run, and its processes live on. The two together can count a reading
    /// without its own time twice.
    let setsClock: Bool
    private(set) var hasDiskFaults = false
    /// Set if the second gauge does not send the time of its water measurements.
    let hasTimeless: Bool
    let identifiers: IdentifierChoice

    private var random: SeededRandom

    /// The course of a run.
    enum Kind {
        /// Twenty minutes in which everything goes wrong.
        case storm
        /// A day without anyone upstream, and a few crashes.
        case absence
    }

    init(seed: UInt64, kind: Kind = .storm) {
        random = SeededRandom(seed: seed &* 0x2545_f491_4f6c_dd1d)
        setsClock = kind == .storm && seed % 5 == 4
        hasTimeless = kind == .storm && !setsClock && seed % 2 == 1
        identifiers = kind == .storm && seed % 7 == 3 ? .lowestFree : .counting
        let length = Int64.random(in: 5...20, using: &random)
        trouble = kind == .storm ? .minutes(length) : .hours(24)
        end = trouble + .minutes(3)
        switch kind {
        case .storm:
            storm()
            sendPost(seed)
            sendBeacon(seed)
        case .absence: absence()
        }
    }

    private mutating func sendPost(_ seed: UInt64) {
        let post = PostWeather(until: end, seed: seed, clockFalls: !setsClock && seed % 3 == 2)
        self.post = post
        for (number, (at, message)) in post.sent.enumerated() {
            let topic = Array("test/d\(Plant.post)".utf8)
            add(
                at,
                .reading(SensorMessage(number: Self.firstPost + number, topic: topic, payload: message.payload, qos: 1))
            )
        }
    }

    private mutating func sendBeacon(_ seed: UInt64) {
        for (number, (at, message)) in BeaconWeather(until: end, seed: seed).sent.enumerated() {
            let (topic, payload) = message.text
            add(
                at,
                .reading(
                    SensorMessage(
                        number: Self.firstBeacon + number, topic: Array("test/d\(Plant.beacon)\(topic)".utf8),
                        payload: Array(payload.utf8), qos: 1)))
        }
    }

    private mutating func storm() {
        for device in 1...Plant.stations { readings(of: device) }
        if setsClock { clocks() } else { crashes() }
        links()
        if !setsClock { disks() }
        deliveries()
        people()
    }

    private mutating func absence() {
        for device in 1...Plant.stations { readings(of: device, pace: 60) }
        for name in ["desk", "pager", "chief"] {
            add(.minutes(1), .destination(name, .away))
            add(trouble, .destination(name, .fine))
        }
        for _ in 0..<5 {
            let at = time(upTo: trouble)
            add(at, .crash(steps: 0, cutsPower: chance(0.5), pause: span(1...60)))
        }
    }

    private mutating func add(_ at: TimeSpan, _ kind: Happening.Kind) {
        happenings.append(Happening(at: at, order: happenings.count, kind: kind))
    }

    private mutating func time(upTo end: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: Int64.random(in: 0...end.nanoseconds, using: &random))
    }
    private mutating func span(_ seconds: ClosedRange<Double>) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(Double.random(in: seconds, using: &random) * 1e9))
    }
    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    private mutating func readings(of device: Int, pace fixed: Double? = nil) {
        let pace = fixed ?? Double.random(in: 2...15, using: &random)
        var at = span(0...10)
        var isHot = false
        var changes = span(20...240)
        var last: Int64 = 0
        while at < end {
            let milliseconds = max(last + 1, VirtualClock.start.nanoseconds / 1_000_000 + at.nanoseconds / 1_000_000)
            last = milliseconds
            if chance(0.6) {
                let values = [0.4, 0.7, 1.5, 2.5, 2.8, 3.5, 4.2]
                let value = values[Int.random(in: 0..<values.count, using: &random)]
                message(device, isLevel: true, milliseconds, value, at)
                // Tips of a gauge, or a radio's stored messages: equal to the last byte, all at once.
                if chance(0.08) {
                    for _ in 0..<Int.random(in: 1...30, using: &random) {
                        message(device, isLevel: true, milliseconds, value, at)
                    }
                }
                // A late reading, between the line that raises and the one that clears.
                if !setsClock, !isTimeless(device), chance(0.08) {
                    message(
                        device, isLevel: true, milliseconds - Int64.random(in: 100...60_000, using: &random), 1.25, at)
                }
            } else {
                if at > changes {
                    isHot.toggle()
                    changes = at + span(20...200)
                }
                message(
                    device, isLevel: false, milliseconds,
                    isHot ? 35 + Double(last % 97) / 100 : 20 + Double(last % 97) / 100, at)
            }
            at = at + span(0.05...pace * 2)
        }
    }

    private func isTimeless(_ device: Int) -> Bool { hasTimeless && device == 2 }

    private mutating func message(_ device: Int, isLevel: Bool, _ milliseconds: Int64, _ value: Double, _ at: TimeSpan)
    {
        let number = facts.count
        let hasOwnTime = !(isLevel && isTimeless(device))
        facts.append(
            Fact(
                device: device, isLevel: isLevel, time: Instant(nanoseconds: milliseconds * 1_000_000), value: value,
                hasOwnTime: hasOwnTime
            ))
        let name = isLevel ? "level" : "temperature"
        let time = hasOwnTime ? "\"t\":\(milliseconds)," : ""
        // The third gauge does not ask for acknowledgements.
        let message = SensorMessage(
            number: number, topic: Array("test/d\(device)".utf8),
            payload: Array("{\(time)\"\(name)\":\(value),\"pressure\":\(Self.pressure(milliseconds))}".utf8),
            qos: device == 3 ? 0 : 1)
        add(at, .reading(message))
    }

    /// The pressure in the message of a moment. Every seventh is a spike, about which the next reading decides.
    static func pressure(_ milliseconds: Int64) -> Double {
        let mixed = UInt64(bitPattern: milliseconds) &* 0x9e37_79b9_7f4a_7c15 >> 40
        return 1000 + Double(mixed % 97) / 100 + (mixed % 7 == 0 ? 50 : 0)
    }

    private mutating func times(_ perHour: Double, _ body: (inout Weather, TimeSpan) -> Void) {
        let count = Int((perHour * trouble.seconds / 3600 * Double.random(in: 0...2, using: &random)).rounded())
        for _ in 0..<count {
            let at = time(upTo: trouble)
            body(&self, at)
        }
    }

    /// Adds a fault that lasts from one moment for a while, but not into the calm.
    private mutating func spell(
        _ at: TimeSpan, _ seconds: ClosedRange<Double>, _ begin: Happening.Kind, _ finish: Happening.Kind
    ) {
        let length = span(seconds)
        add(at, begin)
        add(min(at + length, trouble), finish)
    }

    private mutating func crashes() {
        times(20) { weather, at in
            let steps = weather.chance(0.3) ? 0 : Int.random(in: 0...60, using: &weather.random)
            let pause = weather.chance(0.7) ? weather.span(0.1...5) : weather.span(5...200)
            weather.add(at, .crash(steps: steps, cutsPower: weather.chance(0.5), pause: pause))
        }
        times(3) { weather, at in weather.add(at, .stop(pause: weather.span(0.1...60))) }
    }

    private mutating func links() {
        if !setsClock {
            times(15) { weather, at in weather.add(at, .linkLost) }
            times(3) { weather, at in weather.add(at, .brokerForgets) }
        }
        times(4) { weather, at in weather.spell(at, 1...120, .brokerHung(true), .brokerHung(false)) }
        if !setsClock { times(4) { weather, at in weather.spell(at, 1...120, .brokerDown(true), .brokerDown(false)) } }
    }

    private mutating func disks() {
        guard chance(0.5) else { return }
        hasDiskFaults = true
        times(6) { weather, at in weather.spell(at, 0.1...60, .diskFull(true), .diskFull(false)) }
        times(6) { weather, at in weather.spell(at, 0.1...20, .failingWrites(true), .failingWrites(false)) }
        times(10) { weather, at in weather.spell(at, 0.1...10, .failingSyncs(true), .failingSyncs(false)) }
    }

    private mutating func clocks() {
        times(10) { weather, at in
            let seconds = weather.span(weather.chance(0.5) ? 15...600 : 600...20_000)
            // A reading without a time of its own may be off by a minute before that matters.
            weather.add(at, .clockSet(weather.chance(0.5) ? seconds + .minutes(1) : .zero - seconds))
        }
        add(trouble, .clockSet(.zero))
    }

    private mutating func deliveries() {
        for name in ["desk", "pager", "chief"] {
            times(6) { weather, at in
                let bad: DestinationWeather =
                    weather.chance(0.6) ? .away : at.nanoseconds / 1_000_000_000 % 2 == 0 ? .mute : .choosy
                weather.spell(at, 1...200, .destination(name, bad), .destination(name, .fine))
            }
        }
    }

    private mutating func people() {
        times(20) { weather, at in
            weather.add(at, .order(.acknowledge, station: Int.random(in: 1...Plant.stations, using: &weather.random)))
        }
        times(3) { weather, at in
            let station = Int.random(in: 1...Plant.stations, using: &weather.random)
            weather.add(at, .order(weather.chance(0.7) ? .shelve : .unshelve, station: station))
        }
        times(3) { weather, at in weather.add(at, .reload) }
    }
}
