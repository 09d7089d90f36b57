"""What tickets are about, and what is said in them, in Chinese and English.

Texts may name ``{order}``, ``{item}``, ``{bill}`` and ``{service}``.
"""

from dataclasses import dataclass

from switchyard_demo.company.model import BillState, OrderState, Priority, Text
from switchyard_demo.company.queues import BILLING, COMPLAINTS, GENERAL, ORDERS, TECHNICAL


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of ticket."""

    queue: str
    priority: Priority
    weight: int
    title: Text
    request: Text
    answer: Text
    solution: Text
    order_states: tuple[OrderState, ...] = ()
    """Needs an order in one of these states."""
    bill_states: tuple[BillState, ...] = ()
    """Needs a bill in one of these states."""
    needs_line: bool = False
    """Needs a service that is a line to a home."""
    needs_switch: bool = False
    """Needs an order whose first item can fail to switch on."""


SUBJECTS = (
    Subject(
        ORDERS,
        Priority.NORMAL,
        6,
        Text("订单 {order} 物流停滞", "Order {order} seems stuck on its way"),
        Text(
            "物流信息好几天没有更新了，请帮忙查一下。",
            "The tracking has not moved for days, please check.",
        ),
        Text("已联系承运商核实包裹位置。", "We have asked the carrier where the parcel is."),
        Text("承运商已确认位置并加急派送。", "The carrier has found it and will deliver it first."),
        order_states=(OrderState.SHIPPED,),
    ),
    Subject(
        ORDERS,
        Priority.LOW,
        4,
        Text("订单 {order} 想修改收货地址", "Change the address of order {order}"),
        Text("下单时地址写错了，能改吗？", "I gave the wrong address, can it be changed?"),
        Text("已通知仓库暂缓发货。", "We have asked the warehouse to hold the parcel."),
        Text("新地址已登记。", "The new address is on file."),
        order_states=(OrderState.PLACED, OrderState.PACKED),
    ),
    Subject(
        ORDERS,
        Priority.NORMAL,
        4,
        Text("{item} 收到时有破损", "{item} arrived damaged"),
        Text("外箱压坏了，里面的东西也坏了。", "The box was crushed, and so was what is in it."),
        Text("请发两张照片，我们登记换货。", "Please send two pictures and we will replace it."),
        Text("已安排补发。", "A replacement is on its way."),
        order_states=(OrderState.DELIVERED,),
    ),
    Subject(
        BILLING,
        Priority.NORMAL,
        4,
        Text("订单 {order} 退款未到账", "Refund for order {order} has not arrived"),
        Text("货已退回，退款还没有收到。", "I sent it back and have not been refunded."),
        Text("退款已提交银行处理。", "The refund has been handed to the bank."),
        Text("银行确认退款已入账。", "The bank confirms that the refund has been booked."),
        order_states=(OrderState.RETURNED, OrderState.CANCELLED),
    ),
    Subject(
        BILLING,
        Priority.NORMAL,
        5,
        Text("账单 {bill} 金额有疑问", "Question about bill {bill}"),
        Text(
            "这个月比平时多了一笔费用，是什么？", "There is a charge I do not recognise this month."
        ),
        Text("正在核对当月明细。", "We are going through the month's items."),
        Text(
            "费用为当月增值服务，已发送明细。",
            "It is an extra service; the details have been sent.",
        ),
        bill_states=(BillState.OPEN, BillState.PAID, BillState.OVERDUE),
    ),
    Subject(
        BILLING,
        Priority.HIGH,
        4,
        Text("账单 {bill} 申请延期付款", "More time to pay bill {bill}"),
        Text(
            "这个月手头紧，可以晚两周付吗？",
            "Money is short this month, may I pay two weeks later?",
        ),
        Text("已提交延期申请。", "Your request has been passed on."),
        Text("延期已批准，不收取滞纳金。", "You have more time, and there is no late fee."),
        bill_states=(BillState.OVERDUE,),
    ),
    Subject(
        TECHNICAL,
        Priority.HIGH,
        6,
        Text("{service}：频繁掉线", "{service}: the connection keeps dropping"),
        Text(
            "每天晚上都断好几次，重启也没用。",
            "It drops several times an evening, restarting does not help.",
        ),
        Text(
            "已远程检测线路，请保持设备通电。",
            "We are testing the line, please leave the device on.",
        ),
        Text(
            "线路参数已调整，连续两天正常。", "The line has been adjusted and steady for two days."
        ),
        needs_line=True,
    ),
    Subject(
        TECHNICAL,
        Priority.NORMAL,
        5,
        Text("{item} 无法开机", "{item} does not switch on"),
        Text("插着电按开关也没反应。", "It is plugged in and nothing happens."),
        Text(
            "请按住电源键十秒后再试。", "Please hold the power key for ten seconds and try again."
        ),
        Text("长按复位后恢复正常。", "It works again after the reset."),
        order_states=(OrderState.DELIVERED,),
        needs_switch=True,
    ),
    Subject(
        COMPLAINTS,
        Priority.URGENT,
        2,
        Text("投诉：订单 {order} 派送态度", "Complaint about the delivery of order {order}"),
        Text(
            "没打电话就放门口了，东西差点丢。",
            "It was left at the door without a call and nearly lost.",
        ),
        Text(
            "非常抱歉，已转交承运商主管。", "We are sorry; the carrier's supervisor has been told."
        ),
        Text("承运商致歉，已补偿优惠券。", "The carrier apologised and a voucher has been sent."),
        order_states=(OrderState.DELIVERED,),
    ),
    Subject(
        COMPLAINTS,
        Priority.HIGH,
        2,
        Text("投诉：多次来电未解决", "Complaint: called several times, still not solved"),
        Text(
            "同一个问题说了三遍，没人跟进。",
            "I explained the same thing three times, nobody follows up.",
        ),
        Text("已指定专人负责您的问题。", "One person is now in charge of your case."),
        Text("专人回访，问题已解决。", "That person called back and it is solved."),
    ),
    Subject(
        GENERAL,
        Priority.LOW,
        4,
        Text("会员等级怎么升级", "How to reach the next tier"),
        Text("离下一个等级还差多少？", "How far am I from the next tier?"),
        Text("正在为您查询累计消费。", "We are looking up what you have spent."),
        Text("已发送等级说明。", "The rules of the tiers have been sent."),
    ),
    Subject(
        GENERAL,
        Priority.LOW,
        3,
        Text("企业采购咨询", "Buying for a company"),
        Text("想批量采购，有优惠吗？", "We would like to buy in bulk, is there a discount?"),
        Text("已转企业客户顾问。", "Passed to a business adviser."),
        Text("报价已发送。", "The offer has been sent."),
    ),
)
