// The page: HTML, style sheet and script, embedded into the program when it is built and served from memory.
#pragma once

#include <span>
#include <string_view>

#include "common/http/router.h"

namespace godwit::dashboard {

// One embedded file. The generated assets.cpp defines them all; views of static memory.
struct Asset {
  std::string_view path;  // "/assets/app.js"; index.html is "/"
  std::string_view content_type;
  std::string_view body;
  std::string_view etag;  // quoted, a hash of the body
};

std::span<const Asset> assets();

// A route for each asset. They are to be asked for again each time, which an ETag makes cheap: the page and
// its script always are of the same build.
void add_page(http::Router& router);

}  // namespace godwit::dashboard
