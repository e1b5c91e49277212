// Wrapping operators: for times and spans see Engine.swift.

// The memory of `for`, `then … within` and `share` between two evaluations.
extension RuleEvaluator {
    /// Evaluates `A for …`: true if A has been true without a break for the last `length` nanoseconds. If A was
    /// unknown, and not false, before it became true, the result is unknown until `length` has passed. Before the
    /// first reading A is unknown.
    ///
    /// Memory slot 0: the time since which A has been true, or `.min`. Slot 1: 0 if A was false before that, `.min`
    /// if it was unknown.
    mutating func hold(_ condition: Double, slot: Int, _ length: Int64, at now: Int64) -> Double {
        guard condition == 1 else {
            memory[slot] = .min
            memory[slot + 1] = condition == 0 ? 0 : .min
            return condition
        }
        if memory[slot] == .min { memory[slot] = now }
        let end = memory[slot] &+ length
        guard now < end else { return 1 }
        due = min(due, end)
        return memory[slot + 1] == 0 ? 0 : .nan
    }

    /// `A then B within …`: true from the moment at which B becomes true, if A became true before it and not
    /// longer ago, for as long as B stays true.
    ///
    /// Four slots: when A became true last, whether A and B were true, and whether it holds.
    mutating func sequence(_ first: Double, _ second: Double, slot: Int, _ length: Int64, at now: Int64)
        -> Double
    {
        let (wasFirst, wasSecond) = (memory[slot + 1] == 1, memory[slot + 2] == 1)
        if second == 1, !wasSecond {
            let risen = memory[slot]
            memory[slot + 3] = risen != .min && now > risen && now &- risen <= length ? 1 : 0
        } else if second == 0 {
            memory[slot + 3] = 0
        }
        if first == 1, !wasFirst { memory[slot] = now }
        // An unknown condition has not changed.
        if !first.isNaN { memory[slot + 1] = first == 1 ? 1 : 0 }
        if !second.isNaN { memory[slot + 2] = second == 1 ? 1 : 0 }
        if memory[slot + 3] == 1 { return second.isNaN ? .nan : 1 }
        // The sequence could have become true unseen only if the first condition became true recently enough.
        return second.isNaN && memory[slot] != .min && now &- memory[slot] <= length ? .nan : 0
    }

    /// Returns the part of the known time in which a condition was true. It is unknown until half of the window is
    /// known.
    mutating func share(_ condition: Double, history: Int, _ length: Int64, at now: Int64) -> Double {
        let state = condition.isNaN ? -1.0 : condition
        let start = now &- length
        if histories[history].count == 0 || histories[history][Int(histories[history].count) - 1].value != state {
            if histories[history].isFull { histories[history].grow() }
            histories[history].append(Sample(time: now, value: state))
        }
        while histories[history].count > 1, histories[history][1].time <= start { histories[history].removeFirst() }
        var (held, known): (Int64, Int64) = (0, 0)
        let ring = histories[history]
        for at in 0..<Int(ring.count) {
            let begin = max(ring[at].time, start)
            let end = at + 1 < Int(ring.count) ? ring[at + 1].time : now
            guard ring[at].value >= 0, end > begin else { continue }
            known &+= end &- begin
            if ring[at].value == 1 { held &+= end &- begin }
        }
        return known > 0 && known >= length / 2 ? Double(held) / Double(known) : .nan
    }
}
