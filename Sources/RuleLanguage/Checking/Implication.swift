internal import Telemetry

/// Compares conditions without any reading. It can tell if one implies another, if two can be true at once, and if one
/// can be true at all.
///
/// It understands comparisons of one term with constants, and `and`, `or`, `not` and `for` around them. For anything
/// else its answer is `false`.
enum Implication {
    /// Returns whether `b` is true whenever `a` is. `false` if that is not known, or not within a few thousand steps.
    static func implies(_ a: CheckedExpression, _ b: CheckedExpression) -> Bool {
        var steps = 2000
        return implies(a, b, &steps)
    }

    private static func implies(_ a: CheckedExpression, _ b: CheckedExpression, _ steps: inout Int) -> Bool {
        steps -= 1
        guard steps > 0 else { return false }
        if a == b { return true }
        switch (a, b) {
        case (.or(let left, let right), _): return implies(left, b, &steps) && implies(right, b, &steps)
        case (_, .and(let left, let right)): return implies(a, left, &steps) && implies(a, right, &steps)
        case (.and(let left, let right), .or(let x, let y)):
            return implies(left, b, &steps) || implies(right, b, &steps) || implies(a, x, &steps)
                || implies(a, y, &steps)
        case (_, .or(let left, let right)): return implies(a, left, &steps) || implies(a, right, &steps)
        case (.and(let left, let right), _): return implies(left, b, &steps) || implies(right, b, &steps)
        case (.hold(let inner, let long), .hold(let other, let short)):
            return long >= short && implies(inner, other, &steps)
        case (.hold(let inner, _), _): return implies(inner, b, &steps)
        default:
            guard let a = Bound(a), let b = Bound(b), a.term == b.term else { return false }
            return a.interval.isInside(b.interval)
        }
    }

    /// Returns whether two comparisons of one term are both true for some value. `false` if that is not known.
    static func overlap(_ a: CheckedExpression, _ b: CheckedExpression) -> Bool {
        guard let a = Bound(a.withoutHold), let b = Bound(b.withoutHold), a.term == b.term else { return false }
        return !a.interval.intersection(b.interval).isEmpty
    }

    /// Returns whether a condition contradicts itself.
    static func isNever(_ condition: CheckedExpression) -> Bool {
        switch condition {
        case .truth(let truth): return !truth
        case .hold(let inner, _): return isNever(inner)
        case .or(let left, let right): return isNever(left) && isNever(right)
        case .and:
            var intervals: [CheckedExpression: Interval] = [:]
            for part in condition.conjuncts {
                if isNever(part) { return true }
                guard let bound = Bound(part.withoutHold) else { continue }
                intervals[bound.term] = intervals[bound.term].map { $0.intersection(bound.interval) } ?? bound.interval
            }
            return intervals.values.contains(where: \.isEmpty)
        default: return false
        }
    }
}

/// A comparison of a term with a constant, as the interval in which it is true.
private struct Bound {
    var term: CheckedExpression
    var interval: Interval

    init?(_ expression: CheckedExpression) {
        var expression = expression
        var isNegated = false
        while case .not(let inner) = expression {
            expression = inner
            isNegated.toggle()
        }
        guard case .comparison(let comparison) = expression else { return nil }
        var (left, right, sign) = (comparison.left, comparison.right, comparison.sign)
        if case .constant = left {
            (left, right) = (right, left)
            sign = sign.mirrored
        }
        guard case .constant(let literal) = right else { return nil }
        if case .constant = left { return nil }
        term = left
        let value = literal.value(in: .coherent(literal.unit.dimension, isDifference: literal.isDifference))
        switch (sign, isNegated) {
        case (.less, false), (.greaterOrEqual, true): interval = Interval(below: value, isClosed: false)
        case (.lessOrEqual, false), (.greater, true): interval = Interval(below: value, isClosed: true)
        case (.greater, false), (.lessOrEqual, true): interval = Interval(above: value, isClosed: false)
        case (.greaterOrEqual, false), (.less, true): interval = Interval(above: value, isClosed: true)
        default: return nil
        }
    }
}

private struct Interval {
    var low = -Double.infinity
    var high = Double.infinity
    var lowIsClosed = false
    var highIsClosed = false

    init(above low: Double, isClosed: Bool) { (self.low, lowIsClosed) = (low, isClosed) }
    init(below high: Double, isClosed: Bool) { (self.high, highIsClosed) = (high, isClosed) }

    var isEmpty: Bool { low > high || low == high && !(lowIsClosed && highIsClosed) }

    func isInside(_ other: Interval) -> Bool {
        (low > other.low || low == other.low && (other.lowIsClosed || !lowIsClosed))
            && (high < other.high || high == other.high && (other.highIsClosed || !highIsClosed))
    }

    func intersection(_ other: Interval) -> Interval {
        var result = self
        if other.low > low || other.low == low && !other.lowIsClosed {
            (result.low, result.lowIsClosed) = (other.low, other.lowIsClosed)
        }
        if other.high < high || other.high == high && !other.highIsClosed {
            (result.high, result.highIsClosed) = (other.high, other.highIsClosed)
        }
        return result
    }
}

extension CheckedExpression {
    fileprivate var withoutHold: CheckedExpression {
        if case .hold(let inner, _) = self { return inner.withoutHold }
        return self
    }

    fileprivate var conjuncts: [CheckedExpression] {
        if case .and(let left, let right) = self { return left.conjuncts + right.conjuncts }
        return [self]
    }
}

extension BinaryOperator {
    /// The operator with the same meaning after its sides are exchanged.
    var mirrored: BinaryOperator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }
}
