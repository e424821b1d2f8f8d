// Result<T>: a value or the reason there is none. Used where a failure is an outcome to act on, not a defect.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/check.h"

namespace godwit {

// What a caller may do about an error, not where it came from.
enum class ErrorKind {
  transient,  // the same call may succeed later; retry with backoff
  invalid,    // the input is wrong; the same input will never succeed
  fatal,      // the promise cannot be kept here; stop this piece of work and say so
};

std::string_view to_string(ErrorKind kind);

// `message` is one line for a person: what, where, what to do. It never holds a secret.
struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;

  bool operator==(const Error&) const = default;
};

inline Error transient_error(std::string message) { return {ErrorKind::transient, std::move(message)}; }
inline Error invalid_error(std::string message) { return {ErrorKind::invalid, std::move(message)}; }
inline Error fatal_error(std::string message) { return {ErrorKind::fatal, std::move(message)}; }

// Holds either a T or an E. Reading the one that is not there is a programming error and aborts.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    require_value();
    return std::get<0>(state_);
  }
  const T& value() const& {
    require_value();
    return std::get<0>(state_);
  }
  T&& value() && {
    require_value();
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const E& error() const {
    GODWIT_CHECK(!ok(), "error of a result that holds a value");
    return std::get<1>(state_);
  }

 private:
  void require_value() const {
    if constexpr (requires(const E& e) { e.message; }) {
      GODWIT_CHECK(ok(), "value of a failed result: {}", std::get<1>(state_).message);
    } else {
      GODWIT_CHECK(ok(), "value of a failed result");
    }
  }

  std::variant<T, E> state_;
};

// Success without a value.
struct Done {
  bool operator==(const Done&) const = default;
};
using Status = Result<Done>;

}  // namespace godwit
