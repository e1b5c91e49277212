internal import Devices

/// Decides which profile a device probably has, how sure that is, and why.
struct ProfileJudge {
    /// The profile that was chosen, or a reason why there is none.
    struct Judgement {
        var guess: ProfileGuess
        /// `nil` if no profile is offered.
        var evidence: DeviceEvidence?
    }

    private let library: ProfileLibrary
    private var chance = ChanceFit()

    init(_ library: ProfileLibrary) { self.library = library }

    mutating func judge(
        _ all: [DeviceEvidence], _ family: FamilyGuess, sample: TopicRecord.Sample?, isRetainedOnly: Bool
    ) -> Judgement {
        let rejected = all.compactMap { evidence in
            evidence.objection.map { ProfileGuess.Rejection(profile: name(evidence), reason: $0) }
        }
        let named = named(all, family)
        var best = all.best
        if let named {
            let isFitting = named.objection == nil && named.problem == nil && !named.quantities.isEmpty
            guard isFitting else { return unfitting(named, family, rejected) }
            best = [named]
        } else if let first = best.first, isBinary(first) {
            best = readersOfBytes(all, like: first, family, sample)
        }
        guard let first = best.first else { return Judgement(guess: none(all, family, rejected), evidence: nil) }
        var guess = ProfileGuess("")
        guess.names = best.map(name)
        guess.quantities = first.quantities + first.supporting
        guess.unread = Array(first.unread.prefix(Self.unreadMax))
        guess.rejected = rejected
        let others = best.count == 1 && named == nil ? readersOfRest(all, beside: first) : []
        if others.isEmpty {
            (guess.certainty, guess.reason) = verdict(best, family, isNamed: named != nil, sample, isRetainedOnly)
            let isClose = all.contains {
                $0.placement.profile != first.placement.profile && $0.objection == nil
                    && $0.coarseRank == first.coarseRank
            }
            if isClose, named == nil, guess.certainty == .certain {
                guess.certainty = .likely
                guess.reason += ", and other profiles read as much, but not what their devices are there for"
            }
        } else {
            guess.names += others.map(name)
            guess.reason =
                "\(name(first)) reads \(first.quantities.joined(separator: ", ")), and "
                + "\(others.map(name).joined(separator: ", ")) other values of the same message, "
                + "or such as are null now: choose what you need"
        }
        return Judgement(guess: guess, evidence: first)
    }

    private static let unreadMax = 8

    /// The profiles that read numbers which the best one leaves: a board may have several sensors.
    private func readersOfRest(_ all: [DeviceEvidence], beside best: DeviceEvidence) -> [DeviceEvidence] {
        let rest = Set(best.unread)
        return all.filter { other in
            guard other.objection == nil, other.problem == nil, !other.isGeneric,
                other.placement.match == best.placement.match, other.placement.profile != best.placement.profile
            else { return false }
            return other.waitsForMain || (!other.quantities.isEmpty && !rest.isSubset(of: other.unread))
        }
    }

    private func name(_ evidence: DeviceEvidence) -> String { library.profiles[evidence.placement.profile].name }

    // MARK: - The model's name

    /// The profile that has the name of the model which the network server knows.
    private func named(_ all: [DeviceEvidence], _ family: FamilyGuess) -> DeviceEvidence? {
        guard family.family.isNetworkServer, let model = family.model else { return nil }
        let whole = all.filter { ModelName.match(profile: name($0), model: model) == .whole }
        // The longest name says most: LHT65N is also a LHT65 with something behind it.
        if let best = whole.max(by: { name($0).count < name($1).count }) { return best }
        let beginning = all.filter { ModelName.match(profile: name($0), model: model) == .beginning }
        return beginning.count == 1 ? beginning[0] : nil
    }

    /// The network server names the model, and its profile does not read the sample.
    private func unfitting(
        _ named: DeviceEvidence, _ family: FamilyGuess, _ rejected: [ProfileGuess.Rejection]
    ) -> Judgement {
        let why = named.objection ?? named.problem ?? named.nothing ?? "it gives only battery and radio link"
        var guess = ProfileGuess(
            "\(family.family.name) calls the model '\(family.model ?? "")', "
                + "but its profile does not read this message: \(why)"
        )
        guess.rejected = rejected
        guard named.objection == nil else { return Judgement(guess: guess, evidence: nil) }
        guess.names = [name(named)]
        guess.quantities = named.quantities + named.supporting
        return Judgement(guess: guess, evidence: named)
    }

    // MARK: - No profile

    private func none(
        _ all: [DeviceEvidence], _ family: FamilyGuess, _ rejected: [ProfileGuess.Rejection]
    ) -> ProfileGuess {
        let reason: String
        if family.role == .availability {
            reason = "it only says whether a device can be reached"
        } else if let first = rejected.first {
            reason = "\(first.profile) would decode it wrongly: \(first.reason)"
        } else if all.contains(where: { !$0.supporting.isEmpty }) {
            reason = "the profiles read only its battery and radio link; \(ProfileAdvice.text(family.family))"
        } else {
            reason = "no profile reads it; \(ProfileAdvice.text(family.family))"
        }
        var guess = ProfileGuess(reason)
        guess.rejected = rejected
        return guess
    }

    // MARK: - Certainty

    private mutating func verdict(
        _ best: [DeviceEvidence], _ family: FamilyGuess, isNamed: Bool, _ sample: TopicRecord.Sample?,
        _ isRetainedOnly: Bool
    ) -> (Certainty, String) {
        let first = best[0]
        let names = best.map(name)
        let read = "\(names[0]) reads \(first.quantities.joined(separator: ", "))"
        if best.count > 1 {
            let list = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
            let which =
                isBinary(first)
                ? "\(names.count == 2 ? "both" : "all") read these bytes: look for the model's name on the device"
                : "fit equally: they read the same of the sample"
            let problem = first.problem.map { "; a part of it cannot be read: \($0)" } ?? ""
            return (.unsure, "\(list) \(which)\(problem)")
        }
        if let problem = first.problem {
            return (.unsure, "\(read), but a part of the sample cannot be read: \(problem)")
        }
        if let doubt = first.doubts.first { return (.unsure, "\(read), but \(doubt)") }
        if isRetainedOnly {
            return (.unsure, "\(read), but only retained messages came, so the device may be gone")
        }
        if isNamed { return named(first, family, read) }
        if family.isModelExact, let model = family.model, !isNamed {
            return (.unsure, "\(read), but the model is '\(model)', and no profile has that name")
        }
        if first.isGeneric { return generic(first, sample, read) }
        switch first.placement.match {
        case .ending: return (.unsure, "\(read): the topic ends like its own, below '\(first.placement.base)'")
        case .family where !family.family.isNetworkServer:
            return (min(.likely, family.certainty), "\(read), on another topic than its own")
        case .pattern, .family: break
        }
        if isBinary(first) { return binary(first, family, sample, read) }
        return (family.certainty == .unsure ? .likely : family.certainty, read)
    }

    private func isBinary(_ evidence: DeviceEvidence) -> Bool {
        profile(evidence).messages.contains { if case .binary = $0.format { true } else { false } }
    }

    /// The profiles that read some bytes without a fault.
    ///
    /// More quantities do not make one of them better: layouts of one maker begin alike, and the wrong one may find
    /// more in the same bytes. Those that take nearly anything are left out if there are others.
    private mutating func readersOfBytes(
        _ all: [DeviceEvidence], like best: DeviceEvidence, _ family: FamilyGuess, _ sample: TopicRecord.Sample?
    ) -> [DeviceEvidence] {
        var readers = all.filter {
            $0.objection == nil && $0.problem == nil && !$0.quantities.isEmpty
                && $0.placement.match == best.placement.match
        }
        readers.sort { $0.rank == $1.rank ? name($0) < name($1) : $0.rank.lexicographicallyPrecedes($1.rank) }
        guard readers.count > 1, let sample, let bytes = bytes(sample, family) else { return readers }
        let strict = readers.filter { isBinary($0) && share($0, bytes) <= ChanceFit.shareMax }
        return strict.isEmpty ? readers : strict
    }

    private mutating func share(_ evidence: DeviceEvidence, _ bytes: UplinkBytes) -> Double {
        chance.share(evidence.placement.profile, profile(evidence), bytes)
    }

    private func profile(_ evidence: DeviceEvidence) -> Profile { library.profiles[evidence.placement.profile] }

    private func named(_ first: DeviceEvidence, _ family: FamilyGuess, _ read: String) -> (Certainty, String) {
        let model = family.model ?? ""
        let isWhole = ModelName.match(profile: name(first), model: model) == .whole
        return (isWhole ? .certain : .likely, "\(read), and \(family.family.name) calls the model '\(model)'")
    }

    private func generic(
        _ first: DeviceEvidence, _ sample: TopicRecord.Sample?, _ read: String
    ) -> (Certainty, String) {
        if let node = sample.flatMap({ PayloadKind($0).node }),
            SenMLMarks.json(node)?.hasUnits == true
        {
            return (.likely, "\(read): it is a generic profile, and each record of the sample says its unit")
        }
        return (
            .unsure,
            "\(read), but only since it is generic and the names are common ones: "
                + "check what is measured, and in which unit"
        )
    }

    private mutating func binary(
        _ first: DeviceEvidence, _ family: FamilyGuess, _ sample: TopicRecord.Sample?, _ read: String
    ) -> (Certainty, String) {
        let model = family.model.map { ", and its model '\($0)' is not the name of a profile" } ?? ""
        guard let sample, let bytes = bytes(sample, family) else { return (.unsure, read) }
        let share = share(first, bytes)
        guard share <= ChanceFit.shareMax else {
            let percent = Int((share * 100).rounded())
            return (
                .unsure,
                "\(read), but that proves little: "
                    + "it also takes \(percent) of 100 random payloads of \(bytes.count) bytes\(model)"
            )
        }
        return (.unsure, "\(read) and no other profile takes these bytes, but bytes alone do not prove a model\(model)")
    }

    private func bytes(_ sample: TopicRecord.Sample, _ family: FamilyGuess) -> UplinkBytes? {
        if family.family.isNetworkServer { return PayloadKind(sample).node.flatMap { UplinkBytes($0, family.family) } }
        return UplinkBytes(count: sample.bytes.count, port: 1)
    }
}
