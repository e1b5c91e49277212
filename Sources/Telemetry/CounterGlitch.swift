/// The limits that distinguish a counter's glitch from its reset. Both are falls; only after a glitch does the value
/// come back.
package enum CounterGlitch {
    /// The number of readings within which a counter that fell may still jump back. After that, the fall counts as a
    /// reset.
    package static let readingsMax = 32
    /// The largest difference from the value before the fall at which the counter is back, as a share of that value.
    package static let share = 0.1
}
