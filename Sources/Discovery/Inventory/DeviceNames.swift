internal import Devices

/// Makes ids for an inventory: each one only once, and of characters that need no quotes anywhere.
struct DeviceNames {
    private static let charactersMax = 48

    private var taken: Set<String>

    /// - Parameter taken: the ids that the inventory has already.
    init(taken: Set<String>) {
        // The gateway itself is a device of its site.
        self.taken = taken.union([Device.gatewayID])
    }

    /// Returns an id that no other device has.
    mutating func make(_ wish: String) -> String {
        let plain = Self.plain(wish)
        var id = plain
        var number = 2
        while !taken.insert(id).inserted {
            id = "\(plain)-\(number)"
            number += 1
        }
        return id
    }

    /// Returns whether a text can be an id as it is.
    static func isID(_ text: String) -> Bool { text == plain(text) }

    /// Replaces everything but letters, digits, `-`, `_` and `.` of ASCII.
    private static func plain(_ text: String) -> String {
        var plain = ""
        for character in text.unicodeScalars.prefix(4 * charactersMax) {
            let isKept =
                character.isASCII
                && (character.properties.isAlphabetic || "0123456789-_.".contains(Character(character)))
            if isKept {
                plain.unicodeScalars.append(character)
            } else if !plain.isEmpty, plain.last != "-" {
                plain += "-"
            }
        }
        while let last = plain.last, "-.".contains(last) { plain.removeLast() }
        while let first = plain.first, "-.".contains(first) { plain.removeFirst() }
        return plain.isEmpty ? "device" : String(plain.prefix(charactersMax))
    }
}
