#include "common/json/writer.h"

#include <cmath>

#include "common/json/rapidjson.h"

namespace godwit::json {

struct Writer::State {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out{buffer};
};

Writer::Writer() : state_(std::make_unique<State>()) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

namespace {
rapidjson::SizeType size_of(std::string_view text) { return static_cast<rapidjson::SizeType>(text.size()); }
}  // namespace

Writer& Writer::begin_object() {
  state_->out.StartObject();
  return *this;
}
Writer& Writer::end_object() {
  state_->out.EndObject();
  return *this;
}
Writer& Writer::begin_array() {
  state_->out.StartArray();
  return *this;
}
Writer& Writer::end_array() {
  state_->out.EndArray();
  return *this;
}
Writer& Writer::key(std::string_view name) {
  state_->out.Key(name.data(), size_of(name));
  return *this;
}
Writer& Writer::value(std::string_view text) {
  state_->out.String(text.data(), size_of(text));
  return *this;
}
Writer& Writer::value(std::int64_t number) {
  state_->out.Int64(number);
  return *this;
}
Writer& Writer::value(std::uint64_t number) {
  state_->out.Uint64(number);
  return *this;
}
Writer& Writer::value(double number) {
  if (!std::isfinite(number)) return null();
  state_->out.Double(number);
  return *this;
}
Writer& Writer::value(bool flag) {
  state_->out.Bool(flag);
  return *this;
}
Writer& Writer::null() {
  state_->out.Null();
  return *this;
}
Writer& Writer::raw(std::string_view json) {
  state_->out.RawValue(json.data(), json.size(), rapidjson::kObjectType);
  return *this;
}

std::string_view Writer::text() const { return {state_->buffer.GetString(), state_->buffer.GetSize()}; }
std::string Writer::take() { return std::string{text()}; }

}  // namespace godwit::json
