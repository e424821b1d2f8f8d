// Router: which handler answers which method and path. Pure: no sockets, so a view is tested by calling
// handle() with a made-up request.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/request.h"
#include "common/http/response.h"

namespace godwit::http {

// Called on a connection's thread, from many threads at once. That thread has a stack of only 100 KiB: no
// recursion, no big arrays. An exception becomes a 500 that tells the client nothing.
using Handler = std::function<Response(const Request&)>;

// A value: filled once in main, then handed to Server::start and never changed.
class Router {
 public:
  // Patterns look like "/api/v1/progress/{task_id}": `{name}` stands for one whole, non-empty segment, read
  // with Request::param. Where several patterns match, a literal segment wins over a `{name}`, from the left.
  // The same method and pattern twice is a programming error.
  Router& get(std::string_view pattern, Handler handler);  // answers HEAD too, without the body
  Router& post(std::string_view pattern, Handler handler);
  Router& put(std::string_view pattern, Handler handler);
  Router& del(std::string_view pattern, Handler handler);
  Router& options(std::string_view pattern, Handler handler);

  // Always an answer: 404 for no such path, 405 with Allow for a method it does not have, 400 for a path
  // whose escapes are broken or that is no UTF-8.
  Response handle(Request request) const;

  // The same, with the place of the pattern in patterns(), or patterns().size() when none matched: for
  // counting by route, since paths are unbounded.
  struct Answer {
    Response response;
    std::size_t route;
  };
  Answer answer(Request request) const;
  std::vector<std::string> patterns() const;

 private:
  struct Route {
    std::string pattern;
    std::vector<std::string> segments;
    std::map<std::string, Handler, std::less<>> by_method;
  };

  Router& add(std::string_view method, std::string_view pattern, Handler handler);
  std::size_t best_match(const std::vector<std::string>& segments) const;

  std::vector<Route> routes_;
};

}  // namespace godwit::http
