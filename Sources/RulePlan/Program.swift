package import Telemetry

/// A rule's expressions as a flat list: instruction *i* writes register *i*, and reads lower ones.
///
/// A register holds a number, `nan` for unknown. Truth is a number too: 1 true, 0 false, `nan` unknown
/// (Kleene's three values). Equal sub-expressions are one instruction.
package struct Program: Hashable, Sendable {
    package var instructions: [Instruction] = []
    package var operandCount: Int32 = 0
    package var holdCount: Int32 = 0
    /// The ladder's steps that the rule uses, lowest level first.
    package var steps: [LadderStep] = []
    /// The register of `clear`, or `nil`.
    package var clear: Int32?
    package var longestHold: TimeSpan = .zero

    package init() {}
}

package struct Instruction: Hashable, Sendable, BitwiseCopyable {
    package enum Operation: UInt8, Hashable, Sendable, BitwiseCopyable {
        /// `constant`
        case constant
        /// The instance's operand number `a`
        case operand
        case add, subtract, multiply, divide, negate
        /// Comparisons of register `a` with register `b`
        case less, lessOrEqual, greater, greaterOrEqual, equal, notEqual
        /// Comparisons of register `a` with `constant`
        case lessThanConstant, lessOrEqualConstant, greaterThanConstant, greaterOrEqualConstant
        case and, or, not
        /// Register `a` true without a break for `constant` nanoseconds; hold slot `b`
        case hold
    }

    package var operation: Operation
    package var a: Int32
    package var b: Int32
    package var constant: Double

    package init(_ operation: Operation, a: Int32 = 0, b: Int32 = 0, constant: Double = 0) {
        self.operation = operation
        self.a = a
        self.b = b
        self.constant = constant
    }
}

/// One level of a rule: the register that raises it, and where written, the one that ends it.
package struct LadderStep: Hashable, Sendable, BitwiseCopyable {
    package var level: Level
    package var when: Int32
    package var until: Int32?

    package init(level: Level, when: Int32, until: Int32? = nil) {
        self.level = level
        self.when = when
        self.until = until
    }
}

/// A rung of the gateway's ladder: 0 is normal, and a higher number is worse.
@usableFromInline
package struct Level: Hashable, Comparable, Sendable, BitwiseCopyable {
    @usableFromInline package var rank: UInt8
    @inlinable package init(rank: UInt8) { self.rank = rank }
    @inlinable package static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
    package static let normal = Level(rank: 0)
    /// A ladder has no more levels than an instance has bits to remember them by.
    package static let maximumRank: UInt8 = 8
}
