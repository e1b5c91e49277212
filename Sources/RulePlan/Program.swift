package import AlarmModel
package import Telemetry

/// A rule's expressions as a flat list: instruction *i* writes register *i*, and reads lower ones.
///
/// A register holds a number, `nan` for unknown. Truth is a number too: 1 true, 0 false, `nan` unknown
/// (Kleene's three values). Equal sub-expressions are one instruction.
package struct Program: Hashable, Sendable {
    package var instructions: [Instruction] = []
    package var operandCount: Int32 = 0
    package var tallyCount: Int32 = 0
    /// Slots of memory that `for`, `then` and `share` need.
    package var memoryCount: Int32 = 0
    package var historyCount: Int32 = 0
    /// The ladder's steps that the rule uses, lowest level first.
    package var steps: [LadderStep] = []
    /// The register of `clear`, or `nil`.
    package var clear: Int32?
    /// The register that is true while the alarm is suppressed by design, or `nil`.
    package var suppress: Int32?
    /// The register whose truth others count: the program is a condition for a vote.
    package var ballot: Int32?
    /// The level of the fault that is raised when a normal group has become unknown, or `nil`.
    package var noDataLevel: Level?
    /// The longest memory of its conditions.
    package var memory: TimeSpan = .zero

    package init() {}
}

package struct Instruction: Hashable, Sendable, BitwiseCopyable {
    package enum Operation: UInt8, Hashable, Sendable, BitwiseCopyable {
        /// `constant`
        case constant
        /// The instance's operand number `a`
        case operand
        /// The instance's operand number `a` is greater than `constant`
        case threshold
        /// 1 if the instance's operand number `a` has a series at all
        case hasSensor
        case add, subtract, multiply, divide, negate
        case power, absolute, squareRoot, logarithm, exponential
        case smaller, larger
        /// Register `a` true: register `b`, false: register `c`
        case select
        /// Comparisons of register `a` with register `b`
        case less, lessOrEqual, equal
        case and, or, not
        /// Register `a` true without a break for `constant` nanoseconds; memory `b` and one more
        case hold
        /// Register `b` became true at most `constant` nanoseconds after register `a` did; memory `c` and three more
        case sequence
        /// The part of the last `constant` nanoseconds in which register `a` was true; history `b`
        case share
        /// The number of members of tally `a` that are true (`b` = 0), or are at level `b` or higher
        case tallied
        /// The number of members of tally `a`
        case voters
        /// True if at least `constant` members of tally `a` are true
        case atLeast
        /// True if all members of tally `a` are true
        case all
        /// The members of tally `a` that are true: those that are true in tally `b` as well count 1, and the others
        /// `constant`
        case weighted
        /// True if they count at least `constant` together, where the others count what register `c` says
        case atLeastWeighted
        /// The hour of the day, and the day of the week, in the site's time zone
        case hour, weekday
    }

    package var operation: Operation
    package var a: Int32
    package var b: Int32
    package var c: Int32
    package var constant: Double

    package init(_ operation: Operation, a: Int32 = 0, b: Int32 = 0, c: Int32 = 0, constant: Double = 0) {
        self.operation = operation
        self.a = a
        self.b = b
        self.c = c
        self.constant = constant
    }

    /// The registers that it reads.
    package var inputs: [Int32] {
        var inputs: [Int32] = []
        forEachInput { inputs.append($0) }
        return inputs
    }

    /// Gives each register that it reads. Allocates nothing.
    @inlinable
    package func forEachInput(_ take: (Int32) -> Void) {
        switch operation {
        case .constant, .operand, .threshold, .hasSensor, .voters, .tallied, .atLeast, .all, .weighted, .hour, .weekday:
            break
        case .atLeastWeighted: take(c)
        case .negate, .absolute, .squareRoot, .logarithm, .exponential, .not, .hold, .share: take(a)
        case .select:
            take(a)
            take(b)
            take(c)
        case .add, .subtract, .multiply, .divide, .power, .smaller, .larger, .less, .lessOrEqual, .equal, .and, .or,
            .sequence:
            take(a)
            take(b)
        }
    }

    /// Set if its value depends on more than its present inputs, so that it must be kept up to date.
    package var remembers: Bool { operation == .hold || operation == .sequence || operation == .share }
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
