// Members: what an event says at a JSON pointer (RFC 6901), for rules that users write. The event is looked
// at as the one JSON object of structured mode: "/data/error/class", "/subject", "/data/labels/team".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/event/event.h"

namespace godwit::event {

class Pointer {
 public:
  static constexpr std::size_t steps_max = 16;

  // `invalid` when it is no pointer, points at the whole event or has more steps.
  static Result<Pointer> parse(std::string_view text);
  const std::vector<std::string>& steps() const { return steps_; }
  const std::string& text() const { return text_; }

  bool operator==(const Pointer&) const = default;

 private:
  std::string text_;
  std::vector<std::string> steps_;
};

using Scalar = std::variant<std::string, double, bool>;
// As it would stand in a label: numbers in the shortest form, "true", "false".
std::string to_text(const Scalar& scalar);

class Members {
 public:
  explicit Members(const Event& event);
  ~Members();
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  // nullopt when nothing is there, or null, or what is there is an object or a list.
  std::optional<Scalar> find(const Pointer& pointer) const;
  // Whether anything but null is there.
  bool has(const Pointer& pointer) const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace godwit::event
