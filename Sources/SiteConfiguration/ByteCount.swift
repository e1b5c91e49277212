/// Sizes as people write them: `500MB`, `1.5 GB`.
enum ByteCount {
    private static let units: [(suffix: String, bytes: Int)] = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)]

    /// - Returns: a number of bytes; `nil` if the text is not a size above zero.
    static func read(_ text: String) -> Int64? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let number = Double(text.dropLast(unit.suffix.count).filter { $0 != " " }), number > 0, number < 1e6
        else { return nil }
        return Int64(number * Double(unit.bytes))
    }
}
