/// A number written with a decimal comma, as in `2,5 m`, found in a text.
package struct DecimalComma {
    /// The range of the number in the text.
    package let range: Range<Int>
    /// The number with a point: `2.5`.
    package let corrected: String

    /// - Parameters:
    ///   - scalars: the text.
    ///   - comma: the index of a comma in it.
    /// - Returns: `nil` if digits are not on both sides of the comma.
    package init?(in scalars: [Unicode.Scalar], at comma: Int) {
        var (start, end) = (comma, comma + 1)
        while start > 0, scalars[start - 1].isASCIIDigit { start -= 1 }
        while end < scalars.count, scalars[end].isASCIIDigit { end += 1 }
        guard start < comma, end > comma + 1 else { return nil }
        func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
        range = start..<end
        corrected = "\(text(start..<comma)).\(text(comma + 1..<end))"
    }

    /// Returns the mistake as a diagnostic. If three digits follow the comma, it may also separate thousands. Then the
    /// hint gives both readings, and there is no single fix.
    package func diagnostic(_ message: String, at location: SourceLocation) -> Diagnostic {
        let isThousands = corrected.split(separator: ".").last?.count == 3
        let hint =
            isThousands
            ? "write \(corrected.filter { $0 != "." }), or \(corrected) for a fraction"
            : "write \(corrected), with a point"
        return Diagnostic(
            id: "decimal-comma", message, at: location, hint: hint, fix: isThousands ? nil : corrected)
    }
}

extension Unicode.Scalar {
    /// True for the characters `0` to `9`.
    package var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
