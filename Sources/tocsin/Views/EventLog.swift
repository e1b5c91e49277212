import Diagnostics
import Store

/// Prints events, with a heading above the first event of each day.
struct EventLog {
    let isJSON: Bool
    /// The heading that was printed last.
    private var heading = ""

    init(isJSON: Bool) { self.isJSON = isJSON }

    mutating func write(_ event: EventView, _ line: EventLine) {
        if isJSON { return Terminal.line(JSONText.line(event)) }
        if let day = line.day(event), day != heading {
            Terminal.write(line.paint(.faint, day))
            heading = day
        }
        Terminal.write(line.text(event))
    }
}
