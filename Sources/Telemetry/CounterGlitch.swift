/// What tells a glitch of a counter from a reset: both fall, and only a glitch comes back.
package enum CounterGlitch {
    /// For so many readings a counter that fell may jump back to where it was. After them, it was reset.
    package static let readingsMax = 32
    /// It is back if it differs from the value before the fall by no more than this share of it.
    package static let share = 0.1
}
