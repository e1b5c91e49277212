import Alarms
import CFaultyDisk
import Foundation
import Telemetry
import Uplink

/// A destination that records its messages, and fails as the weather requires.
struct SimulatedDestination: Destination {
    let name: String
    let world: World

    func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        guard !world.isDead, faulty_disk_step() != 0 else { throw DeliveryError("the process is dead") }
        let weather = world.destinations[name] ?? .fine
        if weather == .away { throw DeliveryError("nobody answers") }
        if weather == .choosy, message.alarm.utf8.reduce(0, { $0 &+ Int($1) }) % 2 == 0 {
            throw DeliveryError("500", isAboutMessage: true)
        }
        world.told(name, message)
        // The process may die here, after the message was taken and before anyone knows.
        guard faulty_disk_step() != 0 else { throw DeliveryError("the process is dead") }
        if weather == .mute { throw DeliveryError("no answer in time") }
    }
}

enum DestinationWeather {
    case fine
    case away
    /// Takes each message, but its answer is lost.
    case mute
    /// Answers, but refuses the messages of half of the alarms.
    case choosy
}

/// A message that a destination has got.
struct Delivery {
    var identity: String
    var uptime: TimeSpan
}
