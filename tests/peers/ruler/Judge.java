// Judge.java: event-ruler as a program. A line is a JSON array of events (each as text), or a pattern (as text, in a JSON
// string) for the events before it: for each pattern one JSON line out, {"error": TEXT or null, "matches": [BOOLEAN...]}.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

public final class Judge {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static String refusal(Machine machine, String pattern) {
        String error = JsonRuleCompiler.check(pattern);
        if (error != null) {
            return error;
        }
        try { // some patterns pass check, and no rule can be made of them
            machine.addRule("pattern", pattern);
            return null;
        } catch (Exception e) {
            return e.toString();
        }
    }

    private static ObjectNode answer(JsonNode events, String pattern) throws Exception {
        Machine machine = new Machine();
        String error = refusal(machine, pattern);
        ObjectNode out = JSON.createObjectNode().put("error", error);
        ArrayNode matches = out.putArray("matches");
        for (JsonNode event : events) {
            if (error == null) {
                matches.add(!machine.rulesForJSONEvent(event.asText()).isEmpty());
            }
        }
        return out;
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        JsonNode events = JSON.createArrayNode();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode said = JSON.readTree(line);
            if (said.isArray()) {
                events = said;
            } else {
                out.println(JSON.writeValueAsString(answer(events, said.asText())));
            }
        }
        out.flush();
    }
}
