// Where a page of the audit ends: entries of all files have one order, (time, file, id), and a cursor is a
// place in it. So entries that arrive between two pages are neither shown twice nor push others out.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace godwit::audit {

enum class Order { newest, oldest };

struct Place {
  std::int64_t event_ms = 0;
  std::string file;  // name of the store: "migrations.lifecycle-0007"
  std::int64_t id = 0;

  auto operator<=>(const Place&) const = default;
};

// Opaque to clients; bound to the order it was made in, good with any filter.
std::string cursor_text(const Place& place, Order order);
// nullopt unless cursor_text() wrote it for this order.
std::optional<Place> parse_cursor(std::string_view text, Order order);

}  // namespace godwit::audit
