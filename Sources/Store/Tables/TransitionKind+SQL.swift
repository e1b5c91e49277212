internal import AlarmModel

extension Collection<Transition.Kind> {
    /// Every word for one of these kinds in a row, also those of earlier versions, as the values of an SQL
    /// `IN`: `'raised', 'no-data', 'blind'`.
    var sqlWords: String { flatMap(\.words).map { "'\($0)'" }.joined(separator: ", ") }
}
