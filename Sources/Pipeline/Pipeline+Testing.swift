internal import RuleEngine

extension Pipeline {
    /// Checks what must always hold of the engine's containers and timers. Ends the process where it does not.
    ///
    /// For tests and the simulation. Complexity: linear in the samples that the engine holds.
    package func checkInvariants() { intake.engine.checkInvariants() }
}
