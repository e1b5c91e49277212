internal import Diagnostics
internal import Telemetry

/// A small calculation of a profile, over one value and its neighbours in the payload: `x * 0.1 - drift`.
///
/// | written | meaning |
/// | --- | --- |
/// | `x` | the value itself |
/// | `battery`, `sensor.level`, `` `a/b:0` `` | another value of the payload: its name, or the way to it |
/// | `12`, `1.5e3`, `0xff` | a number |
/// | `+ - * / % ^` | arithmetic; `^` is a power, `%` the remainder with the sign of the first number |
/// | `== != < <= > >=`, `and`, `or`, `not` | 1 if true, otherwise 0 |
/// | `unit == "F"`, `unit != "F"` | whether another value of the payload is this text |
/// | `known(battery)` | 1 if the payload has the value, otherwise 0 |
/// | `if(condition, a, b)` | `a` if the condition is not 0, otherwise `b` |
/// | `bit(n, i)`, `bits(n, low, high)` | a bit of a whole number, or the number in some of its bits; 0 is the lowest |
/// | `days(year, month, day)` | the days from 1970-01-01 to a date |
/// | `abs sqrt exp log log10 round floor ceil min max` | functions of one number, or of two |
///
/// It always ends, and touches nothing else: there are no loops, no assignments and no texts. What cannot be computed
/// is not a number, and gives no reading.
struct ValueExpression: Sendable, Hashable {
    /// One step of the calculation, in the order in which it is done. It works on a stack of numbers.
    enum Step: Sendable, Hashable, BitwiseCopyable {
        case number(Double)
        case value
        /// The value with this position in ``names``.
        case name(Int)
        /// Whether the payload has the value with this position in ``names``.
        case known(Int)
        /// Whether a value of the payload is the text with this position in ``texts``.
        case isText(name: Int, text: Int)
        case negate, not
        case binary(BinaryOperator)
        case function(Function)
    }

    enum BinaryOperator: String, Sendable, BitwiseCopyable {
        case add = "+", subtract = "-", multiply = "*", divide = "/", remainder = "%", power = "^"
        case equal = "==", unequal = "!=", less = "<", atMost = "<=", greater = ">", atLeast = ">="
        case and, or
    }

    enum Function: String, Sendable, CaseIterable, BitwiseCopyable {
        case abs, sqrt, exp, log, log10, round, floor, ceil, min, max, bit, bits, days
        case choice = "if"

        var arguments: Int {
            switch self {
            case .abs, .sqrt, .exp, .log, .log10, .round, .floor, .ceil: 1
            case .min, .max, .bit: 2
            case .bits, .days, .choice: 3
            }
        }
    }

    /// The largest number of numbers that a calculation has at hand at once.
    static let depthMax = 16

    let text: String
    private let steps: [Step]
    /// The names that it uses, apart from `x`. One that begins with a slash is a JSON Pointer.
    let names: [String]
    private let texts: [ValueRule.Word]

    /// Reads a calculation.
    /// - Throws: ``ValueExpressionFault`` with the place of the mistake.
    init(_ text: String) throws(ValueExpressionFault) {
        var parser = ValueExpressionParser(text)
        (steps, names, texts) = try parser.parse()
        self.text = text
    }

    /// Returns the result; not a number if it cannot be computed.
    ///
    /// Allocates nothing. Complexity: O(steps).
    /// - Parameters:
    ///   - x: the value.
    ///   - values: the values of ``names``.
    func evaluate(_ x: Double, _ values: borrowing some NamedValues) -> Double {
        var stack = InlineArray<16, Double>(repeating: 0)
        var count = 0
        func push(_ number: Double) {
            stack[count] = number
            count += 1
        }
        for step in steps {
            switch step {
            case .number(let number): push(number)
            case .value: push(x)
            case .name(let index): push(values.number(index))
            case .known(let index): push(values.isKnown(index) ? 1 : 0)
            case .isText(let name, let text):
                push(values.isKnown(name) ? values.isText(name, texts[text]) ? 1 : 0 : .nan)
            case .negate: stack[count - 1] = -stack[count - 1]
            case .not: stack[count - 1] = stack[count - 1].isNaN ? .nan : stack[count - 1] == 0 ? 1 : 0
            case .binary(let sign):
                count -= 1
                stack[count - 1] = sign.result(stack[count - 1], stack[count])
            case .function(let function):
                count -= function.arguments - 1
                stack[count - 1] = function.result(
                    stack[count - 1], function.arguments > 1 ? stack[count] : 0,
                    function.arguments > 2 ? stack[count + 1] : 0)
            }
        }
        return stack[0]
    }
}

/// The values of the names of a calculation, by the names' positions.
protocol NamedValues {
    /// Not a number if there is no such value, or it is none.
    func number(_ index: Int) -> Double
    func isKnown(_ index: Int) -> Bool
    func isText(_ index: Int, _ text: ValueRule.Word) -> Bool
}

/// A mistake in a calculation.
struct ValueExpressionFault: Error, Equatable {
    var message: String
    /// The position of the mistake, counted in Unicode scalars.
    var range: Range<Int>
    var hint: String?
}

extension ValueExpression.BinaryOperator {
    fileprivate func result(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .remainder: a.truncatingRemainder(dividingBy: b)
        case .power: raised(a, to: b)
        case .equal: truth(a, b, a == b)
        case .unequal: truth(a, b, a != b)
        case .less: truth(a, b, a < b)
        case .atMost: truth(a, b, a <= b)
        case .greater: truth(a, b, a > b)
        case .atLeast: truth(a, b, a >= b)
        case .and: a == 0 || b == 0 ? 0 : truth(a, b, true)
        case .or: a.isNaN || b.isNaN ? (a == 1 || b == 1 ? 1 : .nan) : (a != 0 || b != 0 ? 1 : 0)
        }
    }

    private func truth(_ a: Double, _ b: Double, _ isTrue: Bool) -> Double {
        a.isNaN || b.isNaN ? .nan : isTrue ? 1 : 0
    }
}

extension ValueExpression.Function {
    fileprivate func result(_ a: Double, _ b: Double, _ c: Double) -> Double {
        switch self {
        case .abs: Swift.abs(a)
        case .sqrt: a.squareRoot()
        case .exp: exponential(a)
        case .log: logarithm(a)
        case .log10: decimalLogarithm(a)
        case .round: a.rounded()
        case .floor: a.rounded(.down)
        case .ceil: a.rounded(.up)
        case .min: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
        case .max: a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
        case .bit: bits(a, b, b)
        case .bits: bits(a, b, c)
        case .days: days(a, b, c)
        case .choice: a.isNaN ? .nan : a != 0 ? b : c
        }
    }

    private func days(_ year: Double, _ month: Double, _ day: Double) -> Double {
        guard let year = Int64(exactly: year), let month = Int64(exactly: month), let day = Int64(exactly: day),
            (1960..<2160).contains(year), (1...12).contains(month),
            (1...CivilDate.daysInMonth(year: year, month: month)).contains(day)
        else { return .nan }
        return Double(CivilDate.daysSinceEpoch(year: year, month: month, day: day))
    }

    private func bits(_ number: Double, _ low: Double, _ high: Double) -> Double {
        guard let number = Int64(exactly: number), let low = Int64(exactly: low), let high = Int64(exactly: high),
            low >= 0, high < 64, low <= high
        else { return .nan }
        let mask = high - low == 63 ? UInt64.max : 1 << UInt64(high - low + 1) - 1
        return Double(UInt64(bitPattern: number) >> UInt64(low) & mask)
    }
}
