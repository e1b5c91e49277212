extension Engine {
    /// The number of different values over several series that rules ask for.
    package var joinedValueCount: Int { evaluator.cached.count }
}
