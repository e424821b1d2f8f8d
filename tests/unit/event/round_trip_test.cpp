// A property: whatever valid event is made, both modes carry it unchanged.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "common/event/codec.h"
#include "common/event/fields.h"

namespace godwit::event {
namespace {

// Makes valid events from one seed.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Event event() {
    Event out;
    const auto all = catalogue();
    const TypeInfo& type = all[below(all.size())];
    out.type = type.type;
    out.type_name = full_type(type.type);
    out.id = text(1, 40, Form::line);
    out.source = "/workers/" + text(1, 40, Form::key);
    out.subject = text(1, 128, Form::key);
    out.time = from_unix_ms(static_cast<std::int64_t>(below(4'000'000'000'000)));
    if (coin()) out.sequence = fmt::format("{:020}", below(1'000'000));
    if (coin()) out.dataschema = "https://example.net/" + text(1, 20, Form::key);
    for (std::size_t i = below(4); i > 0; --i)
      out.extensions.emplace_back(fmt::format("x{}", i), text(0, 30, Form::line));
    for (const Field& field : fields())
      if (coin()) fill(out.data, field);
    complete(out);
    return out;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool coin() { return below(2) == 0; }

  std::string character(Form form) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz";
    static const std::vector<std::string> odd{"\"", "\\", "/", " ", "ü", "€", "😀", "<", "\x7E"};
    static const std::vector<std::string> control{"\n", "\t", "\x01", "\x7F"};
    if (form == Form::any && below(8) == 0) return control[below(control.size())];
    if ((form == Form::any || form == Form::line) && below(4) == 0) return odd[below(odd.size())];
    return std::string(1, plain[below(plain.size())]);
  }

  std::string text(std::size_t low, std::size_t high, Form form) {
    if (form == Form::date_time)
      return format_rfc3339(from_unix_ms(static_cast<std::int64_t>(below(4'000'000'000'000))));
    std::string out;
    for (std::size_t i = low + below(std::min<std::size_t>(high, 60) - low + 1); i > 0; --i)
      out += character(form);
    return out;
  }

  double number(const Rule& rule) {
    if (below(8) == 0) return coin() ? rule.low : rule.high;
    const double part = static_cast<double>(below(1'000'000'007)) / 1'000'000'007.0;
    return rule.low + (rule.high - rule.low) * part;
  }
  std::int64_t integer(const Rule& rule) { return static_cast<std::int64_t>(std::floor(number(rule))); }

  void make(std::string& out, const Rule& rule) {
    out = text(static_cast<std::size_t>(rule.low), static_cast<std::size_t>(rule.high), rule.form);
  }
  void make(std::int64_t& out, const Rule& rule) { out = integer(rule); }
  void make(double& out, const Rule& rule) { out = number(rule); }
  void make(bool& out, const Rule&) { out = coin(); }
  void make(Failure& out, const Rule&) {
    make(out.code, rules::named);
    make(out.message, rules::message);
    if (coin()) out.retryable = coin();
    if (coin()) make(out.exit_code.emplace(), rules::signed_whole);
    if (coin()) make(out.stderr_tail.emplace(), rules::message);
    if (coin()) out.other.push_back({"hint", R"({"see":["a",null]})"});
  }
  void make(std::vector<StagePlan>& out, const Rule&) {
    out.resize(1 + below(5));
    for (StagePlan& stage : out) {
      make(stage.stage, rules::stage);
      if (coin()) make(stage.weight.emplace(), rules::quantity);
    }
  }
  void make(std::vector<DiskInfo>& out, const Rule&) {
    out.resize(1 + below(5));
    for (DiskInfo& disk : out) {
      make(disk.index, rules::whole);
      if (coin()) make(disk.name.emplace(), rules::text);
      if (coin()) make(disk.bytes_virtual.emplace(), rules::whole);
    }
  }
  template <class T>
  void make(std::optional<T>& out, const Rule& rule) {
    make(out.emplace(), rule);
  }

  void fill(Data& data, const Field& field) {
    std::visit(
        [&](auto slot) {
          if constexpr (!std::is_same_v<decltype(slot), Kept>) make(data.*slot, *field.rule);
        },
        field.slot);
    if (field.name == "labels") data.other.push_back({"labels", R"({"site":"dc1","none":null})"});
    if (field.name == "metadata") data.other.push_back({"metadata", R"({"n":1.5,"list":[true,{}]})"});
  }

  // Adds what the catalogue requires and sets what must equal the subject.
  void complete(Event& event) {
    while (const auto refusal = validate(event)) {
      const std::string name = refusal->pointer.substr(refusal->pointer.rfind('/') + 1);
      const Field* field = find_field(name);
      REQUIRE_MESSAGE(field != nullptr, refusal->message());
      if (refusal->kind == "mismatch") {
        event.data.*std::get<Data::Text Data::*>(field->slot) = event.subject;
      } else if (name == "changes") {
        event.data.other.push_back({name, R"({"max_parallel":{"old":4,"new":null}})"});
      } else {
        fill(event.data, *field);
      }
    }
  }

  std::mt19937_64 random_;
};

std::uint64_t choose_seed() {
  const char* given = std::getenv("GODWIT_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

TEST_CASE("random valid events survive both modes unchanged") {
  const std::uint64_t seed = choose_seed();
  MESSAGE("GODWIT_TEST_SEED=" << seed);
  Generator generator{seed};
  for (int i = 0; i < 2000; ++i) {
    const Event event = generator.event();
    const std::string json = encode_structured(event);
    CAPTURE(json);
    const auto structured = decode_structured(json);
    REQUIRE_MESSAGE(structured.ok(), structured.error().message());
    REQUIRE(*structured == event);
    std::vector<Attribute> views;
    const auto attributes = encode_attributes(event);
    views.reserve(attributes.size());
    for (const auto& [name, value] : attributes) views.push_back({name, value});
    const auto binary = decode_binary(views, encode_data(event.data));
    REQUIRE_MESSAGE(binary.ok(), binary.error().message());
    REQUIRE(*binary == event);
  }
}

}  // namespace
}  // namespace godwit::event
