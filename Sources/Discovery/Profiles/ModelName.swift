/// Compares the name of a model, as a network server has it, with the names of profiles.
enum ModelName {
    enum Match: Int, Comparable {
        case beginning = 1
        case whole = 2
        static func < (a: Match, b: Match) -> Bool { a.rawValue < b.rawValue }
    }

    /// Returns how a profile's name fits a model: `milesight-em300-th` is the `EM300-TH 868M`, and
    /// `milesight-em300-sld-zld` begins like the `EM300-SLD`. `nil`: it does not.
    static func match(profile: String, model: String) -> Match? {
        // The first word of a profile's name is the maker.
        let own = words(profile).dropFirst().joined()
        guard own.count >= 3 else { return nil }
        let theirs = words(model)
        var best: Match?
        for start in theirs.indices {
            var joined = ""
            for word in theirs[start...] {
                joined += word
                if joined == own { return .whole }
                if joined.count >= 5, own.hasPrefix(joined) { best = .beginning }
            }
        }
        return best
    }

    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
