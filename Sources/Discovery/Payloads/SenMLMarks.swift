/// Recognises SenML packs (RFC 8428) by the labels of their records.
enum SenMLMarks {
    /// What is known of a pack.
    struct Pack: Sendable {
        /// Set if every record says its own unit, so that nothing is assumed.
        var hasUnits: Bool
    }

    private static let values = ["v", "vs", "vb", "vd", "s"]

    /// Recognises a pack in JSON: an array of records, each with a name and a value.
    static func json(_ node: JSONNode) -> Pack? {
        guard let records = node.array, let first = records.first, records.allSatisfy({ $0.object != nil }) else {
            return nil
        }
        let hasBase = first["bn"]?.text != nil
        let readings = records.filter { record in values.contains { record[$0] != nil } }
        guard !readings.isEmpty, readings.allSatisfy({ hasBase || $0["n"]?.text != nil || $0["bn"]?.text != nil })
        else { return nil }
        let base = first["bu"] != nil
        return Pack(hasUnits: readings.allSatisfy { base || $0["u"] != nil || $0["v"] == nil })
    }

    /// Recognises a pack in CBOR (RFC 8949): an array whose first item is a map that begins with a label of SenML.
    static func isCBOR(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4 else { return false }
        let isArray = (0x81...0x97).contains(bytes[0]) || bytes[0] == 0x9f
        let isMap = (0xa1...0xb7).contains(bytes[1]) || bytes[1] == 0xbf
        // The labels of RFC 8428, table 4: bn -2, bt -3, bu -4, bv -5, bs -6, bver -1; n 0, u 1, v 2, vs 3, vb 4, …
        let isLabel = bytes[2] <= 0x08 || (0x20...0x25).contains(bytes[2])
        guard isArray, isMap, isLabel else { return false }
        // A name (bn, n) or a unit (bu, u) is a text; the other labels have numbers.
        let isText = [0x00, 0x01, 0x21, 0x23].contains(bytes[2])
        return isText == (0x60...0x7b).contains(bytes[3])
    }
}
