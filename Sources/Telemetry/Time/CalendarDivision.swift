/// Division for calendars: times before 1970 are negative.
extension Int64 {
    /// The quotient, rounded down.
    /// - Precondition: the divisor is above 0.
    func dividedFloor(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    /// The remainder of ``dividedFloor(by:)``: never negative.
    /// - Precondition: the divisor is above 0.
    func remainderFloor(by divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
