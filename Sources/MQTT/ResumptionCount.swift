/// Counts the connections for ``IncomingMessage/resumption``.
struct ResumptionCount {
    private var total = 0
    private(set) var current = 0

    /// Counts a CONNACK. The lowest of its flags says whether the broker has kept the session.
    mutating func answered(_ reason: Int32, flags: Int32) {
        guard reason == 0 else { return }
        let isPresent = flags & 1 == 1
        if isPresent { total += 1 }
        current = isPresent ? total : 0
    }
}
