// Totals between instances:
// {"counters":[[metric,l1,l2,l3,n]],"histograms":[[metric,l1,l2,l3,sum,[[bucket,n]]]],
// "active":[[provider,stage,n]],"stalled":[[provider,n]]}.
#include <algorithm>

#include "common/json/fields.h"
#include "common/json/writer.h"
#include "consumers/metrics/series.h"
#include "consumers/metrics/totals.h"

namespace godwit::metrics_view {
namespace {

constexpr int nesting_max = 8;

void write_series(json::Writer& out, const std::string& metric, const LabelValues& labels) {
  out.begin_array().value(metric);
  for (const std::string& label : labels) out.value(label);
}

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
  LabelValues labels() {
    LabelValues out;
    for (std::string& label : out) label = text();
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

// How many buckets a histogram has; 0 for one this build does not know.
std::size_t buckets_of(std::string_view metric) {
  const auto found = std::find_if(histograms.begin(), histograms.end(),
                                  [&](const HistogramInfo& info) { return info.name == metric; });
  return found == histograms.end() ? 0 : found->bounds.size() + 1;
}

bool read_histogram(const rapidjson::Value& value, Totals& totals) {
  Elements in{value};
  const std::string metric = in.text();
  const LabelValues labels = in.labels();
  Histogram histogram;
  histogram.sum = in.integer();
  const rapidjson::Value* buckets = in.next();
  if (!in.ok() || buckets == nullptr || !buckets->IsArray()) return false;
  for (const auto& element : buckets->GetArray()) {
    Elements bucket{element};
    const auto index = static_cast<std::size_t>(bucket.count());
    const std::uint64_t count = bucket.count();
    if (!bucket.ok() || index >= buckets_of(metric)) return false;
    histogram.buckets[index] += count;
    histogram.count += count;
  }
  totals.histograms[metric][labels] = std::move(histogram);
  return true;
}

template <class Read>
bool read_each(const json::Object& in, const char* name, Read read) {
  bool ok = in.find(name) != nullptr && in.find(name)->IsArray();
  in.each(name, [&](const rapidjson::Value& value) { ok = ok && read(value); });
  return ok;
}

bool read_counters(const json::Object& in, Totals& totals) {
  return read_each(in, "counters", [&](const rapidjson::Value& value) {
    Elements row{value};
    const std::string metric = row.text();
    const LabelValues labels = row.labels();
    totals.counters[metric][labels] = row.count();
    return row.ok();
  });
}

bool read_tasks(const json::Object& in, Totals& totals) {
  return read_each(in, "active",
                   [&](const rapidjson::Value& value) {
                     Elements row{value};
                     const std::string provider = row.text();
                     const std::string stage = row.text();
                     totals.active[{provider, stage}] = row.count();
                     return row.ok();
                   }) &&
         read_each(in, "stalled", [&](const rapidjson::Value& value) {
           Elements row{value};
           const std::string provider = row.text();
           totals.stalled[provider] = row.count();
           return row.ok();
         });
}

}  // namespace

std::string to_wire(const Totals& totals) {
  json::Writer out;
  out.begin_object().key("counters").begin_array();
  for (const auto& [metric, series] : totals.counters)
    for (const auto& [labels, count] : series) {
      write_series(out, metric, labels);
      out.value(count).end_array();
    }
  out.end_array().key("histograms").begin_array();
  for (const auto& [metric, series] : totals.histograms)
    for (const auto& [labels, histogram] : series) {
      write_series(out, metric, labels);
      out.value(histogram.sum).begin_array();
      for (const auto& [bucket, count] : histogram.buckets)
        out.begin_array().value(std::uint64_t{bucket}).value(count).end_array();
      out.end_array().end_array();
    }
  out.end_array().key("active").begin_array();
  for (const auto& [key, count] : totals.active)
    out.begin_array().value(key.first).value(key.second).value(count).end_array();
  out.end_array().key("stalled").begin_array();
  for (const auto& [provider, count] : totals.stalled)
    out.begin_array().value(provider).value(count).end_array();
  out.end_array().end_object();
  return out.take();
}

std::optional<Totals> read_wire(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  const json::Object in{document};
  Totals out;
  const bool ok = read_counters(in, out) && read_tasks(in, out) &&
                  read_each(in, "histograms", [&](const auto& value) { return read_histogram(value, out); });
  return ok ? std::optional{std::move(out)} : std::nullopt;
}

}  // namespace godwit::metrics_view
