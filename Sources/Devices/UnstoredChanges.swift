/// The positions, in an array of states, of those that have changed since the states were last stored.
///
/// Each position is held once. Noting a change is O(1), and allocates nothing in the steady state.
package struct UnstoredChanges {
    package private(set) var positions: [Int] = []
    private var isNoted: [Bool]

    /// - Parameter count: the number of states.
    package init(count: Int) { isNoted = Array(repeating: false, count: count) }

    /// Notes that a state has changed.
    package mutating func note(_ position: Int) {
        guard !isNoted[position] else { return }
        isNoted[position] = true
        positions.append(position)
    }

    /// Notes that all states are stored.
    package mutating func removeAll() {
        for position in positions { isNoted[position] = false }
        positions.removeAll(keepingCapacity: true)
    }
}
