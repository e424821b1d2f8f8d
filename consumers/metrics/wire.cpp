// Totals between instances, each series as [metric,[label,...],...]:
// {"rules":"","counters":[[..,n]],"histograms":[[..,sum,[[bucket,n]]]],"gauges":[[..,at_ms,value]],
// "exemplars":[[..,bucket,at_ms,value,trace_id]],"active":[[provider,stage,n]],"oldest":[[provider,mode,ms]],
// "watched":[[provider,stalled,late,not_converging,snapshot_ms or null]]}.
#include "common/json/fields.h"
#include "common/json/writer.h"
#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {
namespace {

constexpr int nesting_max = 8;

// Reads the elements of one array from left to right; remembers whether all were there and of their type.
class Elements {
 public:
  explicit Elements(const rapidjson::Value& array) : array_(array) {}

  std::string text() {
    const rapidjson::Value* value = next();
    ok_ = ok_ && value != nullptr && value->IsString();
    return ok_ ? std::string{value->GetString(), value->GetStringLength()} : "";
  }
  std::uint64_t count() {
    const rapidjson::Value* value = next();
    ok_ = ok_ && value != nullptr && value->IsUint64();
    return ok_ ? value->GetUint64() : 0;
  }
  std::int64_t integer() {
    const rapidjson::Value* value = next();
    ok_ = ok_ && value != nullptr && value->IsInt64();
    return ok_ ? value->GetInt64() : 0;
  }
  std::optional<std::int64_t> maybe_integer() {
    const rapidjson::Value* value = next();
    ok_ = ok_ && value != nullptr && (value->IsNull() || value->IsInt64());
    return ok_ && value->IsInt64() ? std::optional{value->GetInt64()} : std::nullopt;
  }
  LabelValues labels() {
    LabelValues out;
    const rapidjson::Value* value = next();
    ok_ = ok_ && value != nullptr && value->IsArray() && value->Size() <= labels_max;
    if (!ok_) return out;
    Elements in{*value};
    for (rapidjson::SizeType i = 0; i < value->Size(); ++i) out.at(i) = in.text();
    ok_ = in.ok();
    return out;
  }
  const rapidjson::Value* next() {
    if (!array_.IsArray() || at_ >= array_.Size()) return nullptr;
    return &array_[at_++];
  }
  bool ok() const { return ok_; }

 private:
  const rapidjson::Value& array_;
  rapidjson::SizeType at_ = 0;
  bool ok_ = true;
};

// Opens the array of a series; labels at the end that are empty are left out.
json::Writer& write_series(json::Writer& out, const std::string& metric, const LabelValues& labels) {
  std::size_t used = labels_max;
  while (used > 0 && labels.at(used - 1).empty()) --used;
  out.begin_array().value(metric).begin_array();
  for (std::size_t i = 0; i < used; ++i) out.value(labels.at(i));
  return out.end_array();
}

template <class Value, class Write>
void write_each(json::Writer& out, const char* name, const Totals::BySeries<Value>& all, Write write) {
  out.key(name).begin_array();
  for (const auto& [metric, series] : all)
    for (const auto& [labels, value] : series) write(metric, labels, value);
  out.end_array();
}

// What a series' row begins with.
struct Place {
  std::string metric;
  LabelValues labels;

  explicit Place(Elements& in) : metric(in.text()), labels(in.labels()) {}
};

// How many buckets a histogram has; 0 for one that is none.
std::size_t buckets_of(const Catalogue& catalogue, std::string_view name) {
  const Metric* metric = catalogue.find(name);
  return metric == nullptr || metric->shape != Shape::histogram ? 0 : metric->bounds.size() + 1;
}

bool read_histogram(Elements& in, Totals& totals, const Catalogue& catalogue) {
  const Place place{in};
  Histogram histogram;
  histogram.sum = in.integer();
  const rapidjson::Value* buckets = in.next();
  if (!in.ok() || buckets == nullptr || !buckets->IsArray()) return false;
  for (const auto& element : buckets->GetArray()) {
    Elements bucket{element};
    const auto index = static_cast<std::size_t>(bucket.count());
    const std::uint64_t count = bucket.count();
    if (!bucket.ok() || index >= buckets_of(catalogue, place.metric)) return false;
    histogram.buckets[index] += count;
    histogram.count += count;
  }
  totals.histograms[place.metric][place.labels] = std::move(histogram);
  return true;
}

// `read(row)` of each row; false when there is no such list, or one of them is not as it should be.
template <class Read>
bool read_each(const json::Object& in, const char* name, Read read) {
  bool ok = in.find(name) != nullptr && in.find(name)->IsArray();
  in.each(name, [&](const rapidjson::Value& value) {
    Elements row{value};
    ok = ok && read(row) && row.ok();
  });
  return ok;
}

bool read_series(const json::Object& in, Totals& out, const Catalogue& catalogue) {
  return read_each(in, "counters",
                   [&](Elements& row) {
                     const Place at{row};
                     out.counters[at.metric][at.labels] = row.count();
                     return true;
                   }) &&
         read_each(in, "histograms", [&](Elements& row) { return read_histogram(row, out, catalogue); }) &&
         read_each(in, "gauges",
                   [&](Elements& row) {
                     const Place at{row};
                     Latest& latest = out.gauges[at.metric][at.labels];
                     latest.at_ms = row.integer();
                     latest.value = row.integer();
                     return true;
                   }) &&
         read_each(in, "exemplars", [&](Elements& row) {
           const Place at{row};
           Latest& latest = out.exemplars[at.metric][at.labels][row.integer()];
           latest.at_ms = row.integer();
           latest.value = row.integer();
           latest.trace_id = row.text();
           return true;
         });
}

bool read_tasks(const json::Object& in, Totals& out) {
  return read_each(in, "active",
                   [&](Elements& row) {
                     const std::string provider = row.text();
                     const std::string stage = row.text();
                     out.active[{provider, stage}] = row.count();
                     return true;
                   }) &&
         read_each(in, "oldest",
                   [&](Elements& row) {
                     const std::string provider = row.text();
                     const std::string mode = row.text();
                     out.oldest_active_ms[{provider, mode}] = row.integer();
                     return true;
                   }) &&
         read_each(in, "watched", [&](Elements& row) {
           Watched& watched = out.watched[row.text()];
           watched.stalled = row.count();
           watched.late = row.count();
           watched.not_converging = row.count();
           watched.oldest_snapshot_ms = row.maybe_integer();
           return true;
         });
}

void write_all_series(json::Writer& out, const Totals& totals) {
  write_each(out, "counters", totals.counters,
             [&](const auto& metric, const auto& labels, std::uint64_t count) {
               write_series(out, metric, labels).value(count).end_array();
             });
  write_each(out, "histograms", totals.histograms,
             [&](const auto& metric, const auto& labels, const Histogram& histogram) {
               write_series(out, metric, labels).value(histogram.sum).begin_array();
               for (const auto& [bucket, count] : histogram.buckets)
                 out.begin_array().value(std::uint64_t{bucket}).value(count).end_array();
               out.end_array().end_array();
             });
  write_each(out, "gauges", totals.gauges, [&](const auto& metric, const auto& labels, const Latest& latest) {
    write_series(out, metric, labels).value(latest.at_ms).value(latest.value).end_array();
  });
  write_each(out, "exemplars", totals.exemplars,
             [&](const auto& metric, const auto& labels, const auto& by_bucket) {
               for (const auto& [bucket, latest] : by_bucket)
                 write_series(out, metric, labels)
                     .value(bucket)
                     .value(latest.at_ms)
                     .value(latest.value)
                     .value(latest.trace_id)
                     .end_array();
             });
}

}  // namespace

std::string to_wire(const Totals& totals, const Catalogue& catalogue) {
  json::Writer out;
  out.begin_object().member("rules", catalogue.fingerprint());
  write_all_series(out, totals);
  out.key("active").begin_array();
  for (const auto& [key, count] : totals.active)
    out.begin_array().value(key.first).value(key.second).value(count).end_array();
  out.end_array().key("oldest").begin_array();
  for (const auto& [key, began_ms] : totals.oldest_active_ms)
    out.begin_array().value(key.first).value(key.second).value(began_ms).end_array();
  out.end_array().key("watched").begin_array();
  for (const auto& [provider, each] : totals.watched)
    out.begin_array()
        .value(provider)
        .value(each.stalled)
        .value(each.late)
        .value(each.not_converging)
        .value(each.oldest_snapshot_ms)
        .end_array();
  out.end_array().end_object();
  return out.take();
}

std::optional<Totals> read_wire(std::string_view json, const Catalogue& catalogue) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  const json::Object in{document};
  if (in.text("rules") != catalogue.fingerprint()) return std::nullopt;
  Totals out;
  const bool ok = read_series(in, out, catalogue) && read_tasks(in, out);
  return ok ? std::optional{std::move(out)} : std::nullopt;
}

}  // namespace godwit::metrics_view
