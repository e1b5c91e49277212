/// Limits that distinguish a glitch of a counter from a reset: both fall, and only after a glitch the value comes back.
package enum CounterGlitch {
    /// For how many readings a counter that fell may still jump back. After that, the fall counts as a reset.
    package static let readingsMax = 32
    /// The counter is back if it differs from the value before the fall by at most this share of it.
    package static let share = 0.1
}
