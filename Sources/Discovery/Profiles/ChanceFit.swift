internal import Devices
internal import Telemetry

/// Finds out how much it proves that a profile decodes some bytes.
///
/// A layout with tags, constants and narrow ranges refuses nearly all other bytes, so a fit is a sign of the model. A
/// layout of two plain numbers takes anything. So the profile is tried on random bytes of the same length.
struct ChanceFit {
    private struct Question: Hashable {
        let profile: Int
        let bytes: UplinkBytes
    }

    private static let trials = 64
    /// A fit is a sign of the model if at most this share of random payloads fits too.
    static let shareMax = 0.02

    private var answers: [Question: Double] = [:]

    /// Returns the share of random payloads that the profile decodes without a fault, within all plausible ranges.
    mutating func share(_ index: Int, _ profile: Profile, _ bytes: UplinkBytes) -> Double {
        let question = Question(profile: index, bytes: bytes)
        if let known = answers[question] { return known }
        let fits = (0..<Self.trials).count { Self.fits(profile, Self.bytes($0, bytes.count), port: bytes.port) }
        let share = Double(fits) / Double(Self.trials)
        answers[question] = share
        return share
    }

    private static func fits(_ profile: Profile, _ bytes: [UInt8], port: Int) -> Bool {
        let run = VectorRun(profile, topic: nil, payload: .inside(bytes, port: port), arrival: .distantPast)
        guard let run, run.findings.faults.isEmpty else { return false }
        let isMeasured = run.readings.contains { !SupportingQuantity.contains($0.quantity.name) }
        return isMeasured
            && run.readings.allSatisfy { reading in
                let field = profile.fields.first { $0.quantity == reading.quantity }
                return field?.plausible?.contains(reading.value) ?? true
            }
    }

    /// Bytes that look random and are the same each time.
    private static func bytes(_ trial: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { place in
            let hash = FNV1a.hash([UInt8(truncatingIfNeeded: trial), UInt8(truncatingIfNeeded: place), 0x5a, 0xa5])
            return UInt8(truncatingIfNeeded: hash >> 24)
        }
    }
}
