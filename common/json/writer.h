// Writer: builds one JSON text from left to right. Strings are escaped; invalid UTF-8 is the caller's to keep
// out. Not thread-safe. Misuse (a key without a value, unbalanced ends) is a programming error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace godwit::json {

class Writer {
 public:
  Writer() { out_.reserve(bytes_usual); }

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view{text}); }
  Writer& value(const std::string& text) { return value(std::string_view{text}); }
  Writer& value(std::int64_t number);
  Writer& value(int number) { return value(static_cast<std::int64_t>(number)); }
  Writer& value(std::uint64_t number);
  // The shortest text that reads back as the same double; NaN and infinities become null.
  Writer& value(double number);
  Writer& value(bool flag);
  Writer& null();
  // Text that already is one JSON value.
  Writer& raw(std::string_view json);

  // An empty optional is written as null ...
  template <class T>
  Writer& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  Writer& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }
  // ... and left out here.
  template <class T>
  Writer& member_if(std::string_view name, const std::optional<T>& maybe) {
    return maybe ? member(name, *maybe) : *this;
  }
  Writer& member_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

  std::string_view text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  static constexpr std::size_t bytes_usual = 768;  // of an event
  void begin_value();
  Writer& end_value();
  Writer& plain(std::string_view json);
  void quote(std::string_view text);
  template <class Number>
  Writer& digits(Number number);

  std::string out_;
  bool has_sibling_ = false;  // to the left, so a comma comes between
};

}  // namespace godwit::json
