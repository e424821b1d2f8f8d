// LookupView: the answers about tasks, plans and notes that are no list of the inherited contract.
#pragma once

#include <functional>

#include "common/service/view.h"
#include "consumers/dashboard/api_json.h"

namespace godwit::dashboard {

class LookupView {
 public:
  LookupView(const service::ViewContext& context, std::function<Moment()> moment)
      : context_(context), moment_(std::move(moment)) {}

  // GET /api/v1/tasks, /plans, /plans/{plan_id}, /search, /notifications
  void routes(http::Router& router) const;

 private:
  http::Response tasks(const http::Request& request) const;
  http::Response plans(const http::Request& request) const;
  http::Response plan(const http::Request& request) const;
  http::Response search(const http::Request& request) const;
  http::Response notifications(const http::Request& request) const;

  service::ViewContext context_;
  std::function<Moment()> moment_;
};

}  // namespace godwit::dashboard
