/// The reason why a store cannot be opened. The first value of each case is the store's path.
package enum StoreError: Error, CustomStringConvertible {
    /// The file cannot be opened, read or repaired, for the reason given.
    case cannotOpen(String, String)
    /// A newer version of tocsin has changed the schema.
    case newer(String)
    /// There is no file.
    case missing(String)
    /// The file is the database of another program.
    case foreign(String)
    /// A gateway runs on the store; its process number is given if it is known.
    case inUse(String, by: Int32?)

    /// Set if there is no file.
    package var isMissing: Bool { if case .missing = self { true } else { false } }

    package var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "the store \(path) cannot be opened: \(reason). Nothing was changed in it"
        case .newer(let path):
            "the store \(path) was written by a newer version of tocsin. Nothing was changed in it; "
                + "run that version, or name another store"
        case .missing(let path):
            "there is no store at \(path): has the gateway run with this configuration?"
        case .foreign(let path):
            "\(path) is a database of another program. Nothing was changed in it; name another file for the store"
        case .inUse(let path, let process):
            "the store \(path) belongs to a gateway that is running\(process.map { " (process \($0))" } ?? ""). "
                + "Nothing was changed in it; end that one first, or name another store"
        }
    }
}
