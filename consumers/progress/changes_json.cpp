// Questions and answers about changes as JSON, between instances.
#include "common/json/fields.h"
#include "common/json/writer.h"
#include "consumers/progress/changes.h"

namespace godwit::progress {
namespace {

bool parse(rapidjson::Document& document, std::string_view text) {
  document.Parse<json::parse_flags>(text.data(), text.size());
  return !document.HasParseError();
}

Place place_in(const json::Object& in) { return read_place(in.text("at").value_or("")).value_or(Place{}); }

Change read_change(const json::Object& in) {
  Change out{.place = place_in(in),
             .task_id = in.text("task").value_or(""),
             .plan = in.text("plan").value_or(""),
             .provider = in.text("provider").value_or(""),
             .status = in.text("status").value_or(""),
             .ended = in.flag("ended"),
             .removed = in.flag("removed"),
             .json = {}};
  if (const auto* state = in.find("state")) out.json = json::text_of(*state);
  return out;
}

}  // namespace

std::string jobs_json(const std::vector<Job>& jobs) {
  json::Writer out;
  out.begin_array();
  for (const Job& job : jobs) {
    out.begin_object().member("n", job.number).member("store", job.store);
    // A snapshot begins before the first place, which has no text.
    if (job.after) out.member("after", to_text(later(*job.after, Place{})));
    out.member("snapshot", job.snapshot).member("task", job.choice.task_id).member("plan", job.choice.plan);
    out.member("provider", job.choice.provider).member("status", job.choice.status);
    if (job.after && job.after->lifecycle < 0) out.member("first", true);
    out.end_object();
  }
  out.end_array();
  return out.take();
}

std::optional<std::vector<Job>> read_jobs(std::string_view text) {
  rapidjson::Document document;
  if (!parse(document, text) || !document.IsArray()) return std::nullopt;
  std::vector<Job> out;
  for (const auto& value : document.GetArray()) {
    const json::Object in{value};
    Job job{.number = in.integer("n").value_or(0),
            .store = in.text("store").value_or(""),
            .after = {},
            .snapshot = in.flag("snapshot")};
    if (const auto after = in.text("after")) job.after = read_place(*after);
    if (job.after && in.flag("first")) job.after->lifecycle = -1;
    job.choice = {in.text("task").value_or(""), in.text("plan").value_or(""),
                  in.text("provider").value_or(""), in.text("status").value_or("")};
    out.push_back(std::move(job));
  }
  return out;
}

std::string results_json(const std::vector<JobResult>& results) {
  json::Writer out;
  out.begin_array();
  for (const JobResult& result : results) {
    out.begin_object()
        .member("n", result.number)
        .member("store", result.store)
        .member("at", to_text(result.at));
    out.member("behind", result.behind).member("caught_up", result.caught_up).member("whole", result.whole);
    out.key("changes").begin_array();
    for (const Change& change : result.changes) {
      out.begin_object().member("at", to_text(change.place)).member("task", change.task_id);
      out.member("plan", change.plan).member("provider", change.provider).member("status", change.status);
      out.member("ended", change.ended).member("removed", change.removed);
      if (!change.json.empty()) out.member_raw("state", change.json);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array();
  return out.take();
}

std::optional<std::vector<JobResult>> read_results(std::string_view text) {
  rapidjson::Document document;
  if (!parse(document, text) || !document.IsArray()) return std::nullopt;
  std::vector<JobResult> out;
  for (const auto& value : document.GetArray()) {
    const json::Object in{value};
    JobResult result{.number = in.integer("n").value_or(-1),
                     .store = in.text("store").value_or(""),
                     .at = place_in(in),
                     .behind = in.flag("behind"),
                     .caught_up = in.flag("caught_up"),
                     .whole = in.flag("whole"),
                     .changes = {}};
    in.each("changes", [&](const rapidjson::Value& change) {
      result.changes.push_back(read_change(json::Object{change}));
    });
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace godwit::progress
