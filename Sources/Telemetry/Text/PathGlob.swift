/// Matching of labels that may be paths: `*` stands for anything within a level of a path, `**` for any levels.
package enum PathGlob {
    package static func matches(_ value: String, _ pattern: String) -> Bool {
        matches(Array(value.utf8)[...], Array(pattern.utf8)[...])
    }

    private static func matches(_ value: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return value.isEmpty }
        let star = UInt8(ascii: "*")
        if first == star {
            let isDeep = pattern.dropFirst().first == star
            let rest = pattern.dropFirst(isDeep ? 2 : 1)
            var tail = value
            while true {
                if matches(tail, rest) { return true }
                guard let byte = tail.first, isDeep || byte != UInt8(ascii: "/") else { return false }
                tail = tail.dropFirst()
            }
        }
        guard value.first == first else { return false }
        return matches(value.dropFirst(), pattern.dropFirst())
    }
}
