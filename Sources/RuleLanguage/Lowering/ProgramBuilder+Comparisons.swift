internal import RulePlan
internal import Telemetry

// Comparisons. A measure that is compared with a constant becomes a threshold test of the engine.
extension ProgramBuilder {
    mutating func compare(_ comparison: Comparison) -> Int32 {
        let isMirrored = comparison.left.isFixed && !comparison.right.isFixed
        let left = isMirrored ? comparison.right : comparison.left
        let right = isMirrored ? comparison.left : comparison.right
        let sign = isMirrored ? comparison.sign.mirrored : comparison.sign
        let value: Value
        let other: LoweredComparison.Side
        let register: Int32
        if case .measure(let measured) = left, case .constant(let literal) = right, sign.isOrder {
            value = read(measured)
            let constant = literal.value(in: value.unit)
            register = test(measured, sign, constant)
            other = .constant(constant, value.unit)
        } else if case .measure(let measured) = left, case .parameter(let reference) = right, sign.isOrder {
            value = read(measured)
            let limit = parameter(reference, in: value.unit)
            register = test(sign) { builder, isReached in
                builder.threshold(
                    builder.operand(measured), reference, in: limit.unit, isReached: isReached)
            }
            other = .register(limit.register, limit.unit)
        } else {
            value = lower(left)
            let limit = lower(right)
            register = compare(value.register, sign, limit.register)
            other = .register(limit.register, limit.unit)
        }
        let own = LoweredComparison.Side.register(value.register, value.unit)
        add(
            LoweredComparison(
                register: register, sign: comparison.sign.rawValue, left: isMirrored ? other : own,
                right: isMirrored ? own : other, leftText: comparison.leftText, rightText: comparison.rightText,
                unit: comparison.unit, silentFor: comparison.silentFor, suspected: comparison.suspected,
                ahead: max(comparison.left.ahead, comparison.right.ahead)))
        return register
    }

    private mutating func compare(_ left: Int32, _ sign: BinaryOperator, _ right: Int32) -> Int32 {
        switch sign {
        case .less: truth(.less, left, right).register
        case .lessOrEqual: truth(.lessOrEqual, left, right).register
        case .greater: truth(.less, right, left).register
        case .greaterOrEqual: truth(.lessOrEqual, right, left).register
        case .notEqual: truth(.not, truth(.equal, left, right).register).register
        // The checker makes comparisons of no other operator.
        case .equal, .and, .or, .add, .subtract, .multiply, .divide: truth(.equal, left, right).register
        }
    }

    /// Tests a measure against a constant. The engine only has `>`, so the other signs are made from it.
    private mutating func test(_ measured: MeasuredQuantity, _ sign: BinaryOperator, _ constant: Double) -> Int32 {
        if measured.measure.aggregate == .age { return testAge(of: measured, sign, seconds: constant) }
        return test(sign) { builder, isReached in
            // A value at or above 35 is above the number before 35.
            let threshold = isReached ? constant.nextDown : constant
            return builder.emit(Instruction(.threshold, a: builder.operand(measured), constant: threshold))
        }
    }

    /// Makes a test with any sign from one for `>`.
    private mutating func test(_ sign: BinaryOperator, _ isAbove: (inout Self, _ isReached: Bool) -> Int32) -> Int32 {
        let test = isAbove(&self, sign == .greaterOrEqual || sign == .less)
        return sign == .greater || sign == .greaterOrEqual ? test : emit(Instruction(.not, a: test))
    }

    /// Tests the age of the newest reading. An age grows without readings. So the test asks if a window of that length
    /// is empty, which the engine answers at the exact moment.
    private mutating func testAge(of measured: MeasuredQuantity, _ sign: BinaryOperator, seconds: Double) -> Int32 {
        let isUpward = sign == .greater || sign == .greaterOrEqual
        guard seconds > 0, seconds < 9e9 else {
            // Every age is above a number below zero.
            return emit(Instruction(.constant, constant: isUpward ? 1 : 0))
        }
        let isStrict = sign == .greater || sign == .lessOrEqual
        var counted = measured
        counted.measure.aggregate = .count
        counted.window = TimeSpan(nanoseconds: Int64((seconds * 1e9).rounded()) + (isStrict ? 1 : 0))
        let test = emit(Instruction(.threshold, a: operand(counted), constant: 0))
        return isUpward ? emit(Instruction(.not, a: test)) : test
    }
}

extension CheckedExpression {
    /// True for a number that no reading changes.
    fileprivate var isFixed: Bool {
        if case .parameter = self { return true }
        return isConstant
    }
}

extension BinaryOperator {
    /// Set for a comparison by size, and not for equality.
    fileprivate var isOrder: Bool { isComparison && self != .equal && self != .notEqual }
}
