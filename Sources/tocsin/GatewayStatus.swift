internal import AlarmModel
import Alarms
import Gateway
internal import Pipeline
internal import SiteConfiguration

/// Where the active alarms stand now, asked of the running gateway.
struct GatewayStatus {
    /// By the alarms' identities; empty where no gateway answers.
    let alarms: [String: AlarmStatus]
    /// Why there is none.
    let trouble: String?

    init(of control: String) {
        do {
            guard
                let answer = try ControlRequest(verb: .status, alarm: "", person: "", note: "").ask(
                    control, within: 6000)
            else {
                throw GatewayError("the gateway at \(control) gives no answer")
            }
            guard answer.isDone, let list = CanonicalJSON.value([AlarmStatus].self, answer.text) else {
                throw GatewayError(answer.text)
            }
            alarms = Dictionary(list.map { ($0.alarm, $0) }) { first, _ in first }
            trouble = nil
        } catch {
            alarms = [:]
            trouble = "\(error)"
        }
    }
}
