#include "consumers/metrics/rules_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "consumers/metrics/catalogue.h"

namespace godwit::metrics_view {
namespace {

using service::Yaml;

// Thrown within this file only, so that reading looks like the form it reads.
struct Wrong {
  int line;
  std::string what;
};

template <class... Args>
[[noreturn]] void wrong(const Yaml& at, fmt::format_string<Args...> text, Args&&... args) {
  throw Wrong{at.line, fmt::format(text, std::forward<Args>(args)...)};
}

void only(const Yaml& map, std::string_view what, std::initializer_list<std::string_view> known) {
  if (map.kind != Yaml::Kind::map) wrong(map, "{} is a map of names and values", what);
  for (const auto& [name, value] : map.members)
    if (std::find(known.begin(), known.end(), name) == known.end())
      wrong(value, "{} has no '{}'; it has {}", what, name, fmt::join(known, ", "));
}

std::string text_of(const Yaml& value, std::string_view name) {
  if (value.kind != Yaml::Kind::scalar || value.scalar.empty()) wrong(value, "{} is a text", name);
  return value.scalar;
}

const Yaml& required(const Yaml& map, std::string_view what, std::string_view name) {
  const Yaml* value = map.find(name);
  if (value == nullptr) wrong(map, "{} needs '{}'", what, name);
  return *value;
}

double number_of(const Yaml& value, std::string_view name) {
  double out = 0;
  const std::string& text = value.scalar;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (value.kind != Yaml::Kind::scalar || read.ec != std::errc{} || read.ptr != text.data() + text.size() ||
      !std::isfinite(out))
    wrong(value, "{} is a number, not '{}'", name, text);
  return out;
}

std::int64_t integer_of(const Yaml& value, std::string_view name, std::int64_t low, std::int64_t high) {
  const double number = number_of(value, name);
  if (number != std::floor(number) || number < static_cast<double>(low) || number > static_cast<double>(high))
    wrong(value, "{} is a whole number from {} to {}", name, low, high);
  return static_cast<std::int64_t>(number);
}

event::Pointer pointer_of(const Yaml& value, const std::string& text) {
  auto pointer = event::Pointer::parse(text);
  if (!pointer) wrong(value, "{}", pointer.error().message);
  return *pointer;
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string name_of(const Yaml& rule, Shape shape) {
  const Yaml& value = required(rule, "a rule", "name");
  std::string name = text_of(value, "name");
  if (!is_name(name)) wrong(value, "'{}' is no name: small letters, digits and _", name);
  for (const char* ours : {"godwit_", "hypersdk_", "process_"})
    if (name.starts_with(ours)) wrong(value, "names that begin with {} are ours", ours);
  if (name.ends_with("_total") != (shape == Shape::counter))
    wrong(value, "a counter's name ends with _total, and no other's does");
  for (const char* suffix : {"_bucket", "_sum", "_count", "_created", "_info"})
    if (name.ends_with(suffix))
      wrong(value, "a name that ends with {} would be taken for something else", suffix);
  return name;
}

Shape shape_of(const Yaml& rule) {
  const Yaml& value = required(rule, "a rule", "type");
  const std::string text = text_of(value, "type");
  if (text == "counter") return Shape::counter;
  if (text == "histogram") return Shape::histogram;
  if (text != "gauge") wrong(value, "type is counter, gauge or histogram, not '{}'", text);
  return Shape::gauge;
}

// "task.failed", or "stage.*" for all of a noun.
std::vector<event::Type> types_of(const Yaml& rule) {
  const Yaml& list = required(rule, "a rule", "on");
  if (list.kind != Yaml::Kind::list || list.items.empty())
    wrong(list, "on is a list of event types, as in [task.failed, stage.*]");
  std::vector<event::Type> out;
  for (const Yaml& item : list.items) {
    const std::string text = text_of(item, "an event type");
    const bool all = text.ends_with(".*");
    const std::size_t before = out.size();
    bool expires = false;
    for (const event::TypeInfo& info : event::catalogue()) {
      if (all ? !info.name.starts_with(text.substr(0, text.size() - 1)) : info.name != text) continue;
      expires = expires || info.topic == event::Topic::progress;
      if (info.topic != event::Topic::progress) out.push_back(info.type);
    }
    if (out.size() == before && expires)
      wrong(item, "'{}' expires in the log, so a rebuild would count less of it", text);
    if (out.size() == before) wrong(item, "there is no event type '{}'; schemas/README.md names all", text);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> texts_of(const Yaml& value) {
  if (value.kind == Yaml::Kind::scalar) return {value.scalar};
  if (value.kind != Yaml::Kind::list || value.items.empty())
    wrong(value, "a condition wants a value, or a list");
  std::vector<std::string> out;
  for (const Yaml& item : value.items) out.push_back(text_of(item, "a value"));
  return out;
}

Condition condition_of(const std::string& at, const Yaml& value) {
  Condition out{.at = pointer_of(value, at)};
  if (value.kind != Yaml::Kind::map) {
    out.one_of = texts_of(value);
    return out;
  }
  only(value, "a condition", {"min", "max", "present", "in"});
  if (const Yaml* list = value.find("in")) out.one_of = texts_of(*list);
  if (const Yaml* low = value.find("min")) out.min = number_of(*low, "min");
  if (const Yaml* high = value.find("max")) out.max = number_of(*high, "max");
  if (const Yaml* present = value.find("present")) {
    if (present->scalar != "true" && present->scalar != "false") wrong(*present, "present is true or false");
    out.present = present->scalar == "true";
  }
  return out;
}

std::vector<Label> labels_of(const Yaml& rule) {
  std::vector<Label> out;
  const Yaml* map = rule.find("labels");
  if (map == nullptr) return out;
  if (map->kind != Yaml::Kind::map) wrong(*map, "labels is a map of names and JSON pointers");
  if (map->members.size() > labels_max) wrong(*map, "a rule has at most {} labels", labels_max);
  for (const auto& [name, value] : map->members) {
    if (!is_name(name) || name.starts_with("__")) wrong(value, "'{}' is no name of a label", name);
    for (const char* taken : {"le", "quantile", "partition", "job", "instance"})
      if (name == taken) wrong(value, "the label '{}' has a meaning already", name);
    out.push_back({name, pointer_of(value, text_of(value, "a label"))});
  }
  return out;
}

std::vector<double> bounds_of(const Yaml& rule, Shape shape) {
  const Yaml* list = rule.find("buckets");
  if (shape != Shape::histogram) {
    if (list != nullptr) wrong(*list, "only a histogram has buckets");
    return {};
  }
  if (list == nullptr) wrong(rule, "a histogram needs 'buckets'");
  if (list->kind != Yaml::Kind::list || list->items.empty() || list->items.size() > rule_bounds_max)
    wrong(*list, "buckets is a list of 1 to {} upper bounds", rule_bounds_max);
  std::vector<double> out;
  for (const Yaml& item : list->items) {
    const double bound = number_of(item, "a bucket");
    if (!out.empty() && bound <= out.back()) wrong(item, "buckets must rise; {} does not", bound);
    out.push_back(bound);
  }
  return out;
}

Rule rule_of(const Yaml& map) {
  only(map, "a rule",
       {"name", "type", "help", "on", "where", "value", "decimals", "divide_by", "labels", "buckets",
        "series_max"});
  Rule out;
  out.shape = shape_of(map);
  out.name = name_of(map, out.shape);
  out.help = text_of(required(map, "a rule", "help"), "help");
  out.types = types_of(map);
  if (const Yaml* where = map.find("where")) {
    if (where->kind != Yaml::Kind::map)
      wrong(*where, "where is a map of JSON pointers and what must be there");
    for (const auto& [at, value] : where->members) out.where.push_back(condition_of(at, value));
  }
  if (const Yaml* value = map.find("value")) {
    out.value = pointer_of(*value, text_of(*value, "value"));
  } else if (out.shape != Shape::counter) {
    wrong(map, "a gauge and a histogram need 'value'");
  }
  if (const Yaml* digits = map.find("decimals"))
    out.decimals = static_cast<int>(integer_of(*digits, "decimals", 0, rule_decimals_max));
  if (const Yaml* divisor = map.find("divide_by")) {
    out.divide_by = number_of(*divisor, "divide_by");
    if (out.divide_by <= 0) wrong(*divisor, "divide_by is greater than 0");
  }
  out.labels = labels_of(map);
  out.bounds = bounds_of(map, out.shape);
  if (const Yaml* series = map.find("series_max"))
    out.series_max = static_cast<std::size_t>(integer_of(*series, "series_max", 1, rule_series_max));
  return out;
}

// Everything that decides what is folded; not the help, which is only shown.
std::string text_for_fingerprint(const Rule& rule) {
  std::string out =
      fmt::format("{} {} {} {} {} {} [", rule.name, static_cast<int>(rule.shape),
                  rule.value ? rule.value->text() : "", rule.decimals, rule.divide_by, rule.series_max);
  for (const event::Type type : rule.types) out += event::full_type(type) + " ";
  for (const double bound : rule.bounds) out += fmt::format("{} ", bound);
  for (const Label& label : rule.labels) out += fmt::format("{}={} ", label.name, label.at.text());
  for (const Condition& each : rule.where) {
    out += fmt::format("{}?", each.at.text());
    for (const std::string& text : each.one_of) out += fmt::format("{}:{} ", text.size(), text);
    if (each.min) out += fmt::format(">={} ", *each.min);
    if (each.max) out += fmt::format("<={} ", *each.max);
    if (each.present) out += *each.present ? "there " : "absent ";
  }
  return out + "]\n";
}

std::shared_ptr<const RuleSet> rules_of(const Yaml& root) {
  only(root, "a file of rules", {"metrics"});
  const Yaml& list = required(root, "a file of rules", "metrics");
  if (list.kind != Yaml::Kind::list || list.items.size() > rules_max)
    wrong(list, "metrics is a list of at most {} rules", rules_max);
  auto out = std::make_shared<RuleSet>();
  std::string all;
  for (const Yaml& item : list.items) {
    Rule rule = rule_of(item);
    for (const Rule& before : out->rules)
      if (before.name == rule.name) wrong(item, "'{}' is there twice", rule.name);
    all += text_for_fingerprint(rule);
    out->rules.push_back(std::move(rule));
  }
  if (!out->rules.empty()) out->fingerprint = fmt::format("{:016x}", event::identity_hash("rules", all));
  return out;
}

}  // namespace

Result<std::shared_ptr<const RuleSet>> read_rules(const Yaml& root) {
  try {
    return rules_of(root);
  } catch (const Wrong& found) {
    return invalid_error(fmt::format("line {}: {}", found.line, found.what));
  }
}

Result<std::shared_ptr<const RuleSet>> read_rules_file(const std::string& path) {
  const auto yaml = service::read_yaml_file(path);
  if (!yaml) return yaml.error();
  auto rules = read_rules(*yaml);
  if (!rules) return invalid_error(fmt::format("{}: {}", path, rules.error().message));
  return rules;
}

}  // namespace godwit::metrics_view
