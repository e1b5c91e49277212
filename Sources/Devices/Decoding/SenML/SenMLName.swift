/// The name of a SenML record: its base name followed by its own name (RFC 8428, section 4.5.1).
///
/// A profile names a reading by the part of that name after the device: `temperature`. It must be the whole of that
/// part, because `exhaust_temperature` and `cpu.temperature` are other sensors. The end of the device is not marked:
///
/// | names | the device is | because |
/// | --- | --- | --- |
/// | `bn` and `n` | `bn` | `n` names this record; a separator may be on either side |
/// | `urn:dev:mac:0024befffe804ff1_temperature` | up to the first `_` | RFC 9039: components come after `_` |
/// | `urn:dev:ow:10e2073a01080063:temperature` | up to the first `:` after the address | RFC 8428's own examples |
/// | `site/dev/temperature`, `urn:uuid:…:temperature` | up to the last `/` or `:` | a path of two levels, or one with the device's id |
///
/// So `cpu/temperature`, and a component `exhaust_temperature` after the address of a `urn:dev`, are not `temperature`.
/// A profile's `record` may also be a whole name, or a path such as `/3303/0/5700`.
struct SenMLName {
    /// The longest name that is read, in bytes. Each record's name is searched, and no device has a longer one.
    static let lengthMax = 512

    private let base: UnsafeBufferPointer<UInt8>?
    private let own: UnsafeBufferPointer<UInt8>?
    private let baseCount: Int
    private let count: Int

    init(base: UnsafeBufferPointer<UInt8>?, own: UnsafeBufferPointer<UInt8>?) {
        (self.base, self.own) = (base, own)
        baseCount = base?.count ?? 0
        count = baseCount + (own?.count ?? 0)
    }

    private subscript(index: Int) -> UInt8 {
        index < baseCount ? base![index] : own![index - baseCount]  // below `count`, one of the two has it
    }

    private func has(_ bytes: some Collection<UInt8>, at start: Int) -> Bool {
        guard start >= 0, start + bytes.count <= count else { return false }
        for (offset, byte) in bytes.enumerated() where self[start + offset] != byte { return false }
        return true
    }

    /// Returns whether the name ends in a profile's whole `record`. If it ends in two records, the longer one is meant.
    func ends(in record: [UInt8]) -> Bool {
        let end = count - record.count
        guard count <= Self.lengthMax, end >= 0, has(record, at: end) else { return false }
        return end == 0 || end == baseCount || isSeparator(self[end - 1]) || record.first.map(isSeparator) ?? false
    }

    /// Returns whether a profile's `record` names this record of the device with that id. Allocates nothing.
    func means(_ record: [UInt8], device: [UInt8]) -> Bool {
        let end = count - record.count
        guard end >= 0, has(record, at: end) else { return false }
        if end == 0 { return true }
        // The part before `record` must be the device, followed by a separator if the two are not `bn` and `n`.
        if let device = deviceURNEnd {
            // Only separators may follow the device.
            guard end >= device, (device..<end).allSatisfy({ isSeparator(self[$0]) }) else { return false }
            return end > device || record.first.map(isSeparator) ?? false || hasBoth && end == baseCount
        }
        if hasBoth {
            if end == baseCount { return true }
            if end == baseCount + 1 { return isSeparator(self[baseCount]) }
            // The record's own name has more than `record`.
            if end > baseCount { return false }
        }
        return isPath(upTo: end, device: device)
    }

    private var hasBoth: Bool { baseCount > 0 && count > baseCount }

    /// The end of the device in a name that begins with a `urn:dev` (RFC 9039); `nil` for other names.
    private var deviceURNEnd: Int? {
        let scheme = "urn:dev:".utf8
        guard startsWithScheme(scheme) else { return nil }
        var at = scheme.count
        while at < count, self[at] != UInt8(ascii: ":") { at += 1 }
        let kind = scheme.count..<at
        let body = at + 1
        if kind.count == 3 && has("mac".utf8, at: kind.lowerBound)
            || kind.count == 2 && has("ow".utf8, at: kind.lowerBound)
        {
            // This is a hexadecimal address. Some devices write it in groups; then only the end of the base name marks
            // its end.
            var baseEnd = baseCount
            while baseEnd > body, isSeparator(self[baseEnd - 1]) { baseEnd -= 1 }
            if hasBoth, body < baseEnd,
                (body..<baseEnd).allSatisfy({ isHexadecimal(self[$0]) || isGroupMark(self[$0]) })
            {
                return baseEnd
            }
            at = body
            while at < count, isHexadecimal(self[at]) { at += 1 }
            return at
        }
        // The other kinds have identifiers separated by colons, up to the first component.
        let limit = hasBoth ? baseCount : count
        var lastColon = min(body, count)
        at = body
        while at < limit, self[at] != UInt8(ascii: "_"), self[at] != UInt8(ascii: "/") {
            if self[at] == UInt8(ascii: ":") { lastColon = at }
            at += 1
        }
        return at < limit ? at : hasBoth ? limit : lastColon
    }

    private func startsWithScheme(_ scheme: String.UTF8View) -> Bool {
        guard count >= scheme.count else { return false }
        // The scheme of a URN may be in upper or lower case (RFC 8141, section 2).
        for (index, byte) in scheme.enumerated() where self[index] | (byte == UInt8(ascii: ":") ? 0 : 0x20) != byte {
            return false
        }
        return true
    }

    /// Returns whether everything before `end` is a path to a device: at least two levels, or one that is the device's
    /// id.
    private func isPath(upTo end: Int, device: [UInt8]) -> Bool {
        guard isLevelEnd(self[end - 1]) else { return false }
        var levels = 0
        var start = 0
        for index in 0..<end where isLevelEnd(self[index]) {
            if index > start {
                levels += 1
                if index - start == device.count, has(device, at: start) { return true }
            }
            start = index + 1
        }
        return levels != 1
    }

    private func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private func isGroupMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-") }

    private func isLevelEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") }

    private func isSeparator(_ byte: UInt8) -> Bool { isLevelEnd(byte) || byte == UInt8(ascii: "_") }
}
