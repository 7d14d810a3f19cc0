# ruff: noqa: E501  (Chinese characters count twice; breaking these sentences would hide them)
"""Items, each with the same item in other words and with a near miss: another question about the same things."""

from __future__ import annotations

from typing import NamedTuple


class Told(NamedTuple):
    """An item, a rewriting of it, and a text that must not be taken for it."""

    item: str
    rewritten: str
    near_miss: str


ENGLISH = (
    Told("Maria borrows 4800 euros from her credit union at a yearly simple interest rate of 6 percent and repays everything after 15 months. How much interest does she pay in total?",
         "A credit union lends Maria 4,800 euros with simple interest of 6 percent a year. If she pays all of it back after 15 months, what is the total interest?",
         "Maria saves 350 euros every month in her credit union account, which has no interest at all. How much has she saved after 15 months?"),
    Told("A bakery bakes 240 rolls every morning. It sells two thirds of them before noon for 80 cents each and the rest in the afternoon at half the price. How much money does the bakery take in a day?",
         "Each morning 240 rolls come out of a bakery's oven. Two thirds are sold for 80 cents apiece before noon, the remaining ones go for half that price in the afternoon. What does the bakery earn daily?",
         "A bakery bakes 36 cakes a week and each cake is cut into 8 pieces. How many pieces does the bakery have to sell?"),
    Told("Tom has 3 dogs and each of them eats 400 grams of food twice a day. A bag of dog food weighs 12 kilograms. For how many days does one bag last?",
         "Each of Tom's three dogs is fed 400 grams two times daily. How many days can he feed them from a single 12 kilogram bag of dog food?",
         "Tom walks his 2 dogs for 45 minutes every morning. How many hours does he walk with them in a week?"),
    Told("The library of a small town owns 1260 books. Two fifths of them are novels, a third of the remaining ones are about history, and all others are for children. How many books for children does the library own?",
         "There are 1,260 books in a small town's library. Two fifths are novels and, of what remains, a third deals with history; the other books are for children. What is the number of children's books?",
         "A library lends 95 novels and 40 books about history in a week. A third of them come back late. How many come back in time?"),
    Told("A train leaves Leeds at 9:15 and travels 180 miles to London at an average speed of 90 miles per hour, with a stop of 20 minutes in Peterborough. At what time does it arrive?",
         "Departing from Leeds at 9:15, a train covers the 180 miles to London averaging 90 miles per hour and waits 20 minutes at Peterborough on the way. When does it get there?",
         "The train from Leeds to London costs 64 pounds, a return ticket 110 pounds. How much does Anna save with a return ticket?"),
    Told("Nadia sells handmade candles at a market for 7 dollars each. The wax for one candle costs 2 dollars and the stand costs 45 dollars a day. How many candles must she sell in a day to earn 80 dollars?",
         "At a market Nadia offers handmade candles that cost her 2 dollars in wax and are sold at 7 dollars apiece; renting the stand is 45 dollars daily. What number of candles gives her 80 dollars of earnings in one day?",
         "Nadia buys 5 handmade candles and 3 soaps at a market and pays 52 dollars. A soap costs 4 dollars. What does a candle cost?"),
)  # fmt: skip

CHINESE = (
    Told("小王在银行存入20000元，年利率为3%，按单利计算，存满两年后他一共可以取回多少钱？", "小王把20000元存进银行，单利年利率3%，两年期满以后连本带利能取回多少钱？", "小王在银行存入一笔钱，年利率为2.5%，五年后取回45000元，请问他当初存了多少钱？"),
    Told("一家面包店每天烤制360个面包，上午卖出总数的三分之二，每个5元，剩下的下午半价卖完。面包店一天的收入是多少元？", "面包店一天烤360个面包，其中三分之二在上午以每个5元的价格卖出，余下的下午按半价卖完，一天收入多少元？", "一家面包店每天用面粉80公斤，每公斤面粉4元，一个月按30天计算，面粉成本是多少？"),
    Told("甲公司发行面值为1000元、票面利率为8%、期限为5年的债券，每年付息一次，到期还本，市场利率为10%，该债券的发行价格是多少？", "某债券由甲公司发行，面值1000元，5年期，票面利率8%，每年支付一次利息、到期偿还本金。若市场利率为10%，其发行价格应为多少？", "乙公司购买一台设备，价款为50万元，预计使用10年，采用直线法计提折旧，净残值率为4%，每年折旧额是多少？"),
    Told("某工厂生产一批零件，计划每天生产120个，15天完成，实际每天多生产30个，实际用了多少天完成？", "工厂要加工一批零件，按计划每天做120个，需要15天；实际上每天比计划多做30个，那么实际几天做完？", "某工厂有工人240名，其中女工占40%，后来又招了若干名女工，这时女工占一半，招了多少名女工？"),
    Told("张先生以每股12元的价格买入某股票2000股，持有一年后以每股15元卖出，期间每股分红0.6元，他的持有期收益率是多少？", "张先生买了2000股某股票，买入价每股12元，一年后卖出价每股15元，其间每股得到0.6元分红，求持有期收益率。", "张先生以每股8元买入基金5000份，申购费率为1.5%，他需要支付的申购费用是多少？"),
    Told("一辆汽车从甲地开往乙地，前3小时每小时行驶60千米，后2小时每小时行驶75千米，甲乙两地相距多少千米？", "汽车由甲地去乙地，先以每小时60千米行驶3小时，又以每小时75千米行驶2小时到达，两地之间的距离是多少千米？", "一辆汽车油箱容量为50升，每百千米耗油8升，加满油后最多可以行驶多少千米？"),
    Told("某商店将一件成本为200元的衣服提价50%标价，再打八折出售，这件衣服的利润是多少元？", "一件衣服成本200元，商店先提价50%作为标价，然后按标价打八折卖出，每件赚了多少元？", "某商店购进衬衫300件，每件进价65元，卖出一半后其余的降价10元，全部卖完共收入多少元？"),
    Told("李阿姨家养了鸡和兔共35只，一共有94只脚，鸡和兔各有多少只？", "鸡和兔子关在李阿姨家里，总共35只，数一数脚有94只，请问鸡、兔分别有几只？", "李阿姨家养了12只鸡，每只鸡每周下5个蛋，她一个月能收多少个鸡蛋？"),
    Told("根据我国票据法的规定，持票人对支票出票人的权利，自出票日起多长时间内不行使而消灭？", "我国票据法规定，支票的持票人对出票人享有的权利，从出票日算起多长时间不行使就消灭？", "根据我国保险法的规定，人寿保险的被保险人向保险人请求给付保险金的诉讼时效期间为多少年？"),
    Told("商业银行在办理个人住房贷款业务时，审查借款人还款能力主要关注哪一项指标的比例上限？", "办理个人住房贷款业务的时候，商业银行审查借款人的还款能力，主要看的是哪项指标的比例上限？", "商业银行在计算资本充足率时，哪一项不能计入核心一级资本？"),
    Told("中央银行通过在公开市场上买入国债来增加基础货币，这种操作对短期利率会产生什么影响？", "央行在公开市场买入国债，使基础货币增加，这样的操作会给短期利率带来什么影响？", "中央银行提高法定存款准备金率之后，商业银行的信贷规模会发生什么变化？"),
    Told("某企业2022年销售收入为800万元，变动成本率为60%，固定成本为200万元，该企业的经营杠杆系数是多少？", "企业在2022年取得800万元销售收入，固定成本200万元，变动成本率60%，求其经营杠杆系数。", "某企业2021年净利润为150万元，发行在外普通股为300万股，每股收益是多少元？"),
    Told("果园里有苹果树180棵，梨树的棵数比苹果树的三分之一多15棵，果园里一共有多少棵果树？", "果园种了180棵苹果树，而梨树比苹果树的三分之一还多15棵，两种果树总共有多少棵？", "果园里今年收获苹果2400千克，每25千克装一箱，已经装了60箱，还剩多少千克没有装？"),
    Told("审计人员在对应收账款进行函证时，如果未收到被询证者的回函，应当首先实施什么审计程序？", "对应收账款实施函证，审计人员若没有收到被询证者回函，首先应当采取什么审计程序？", "审计人员在对存货进行监盘时发现毁损的存货，应当如何调整账面余额？"),
    Told("小明看一本书，第一天看了全书的四分之一，第二天看了48页，还剩下全书的一半没有看，这本书一共有多少页？", "一本书小明第一天读了四分之一，第二天读48页，这时还有全书的一半没读，请问全书多少页？", "小明每天练习写毛笔字30分钟，写了24个字，照这样计算，一周能写多少个字？"),
    Told("某基金的年化收益率为12%，标准差为18%，无风险利率为3%，该基金的夏普比率是多少？", "无风险利率是3%，某基金的标准差18%、年化收益率12%，请计算它的夏普比率。", "某基金的净资产为2.4亿元，份额总数为1.6亿份，它的单位净值是多少？"),
    Told("保险合同中约定的免赔额为500元，被保险人发生医疗费用8000元，赔付比例为90%，保险公司应当赔付多少元？", "医疗费用8000元，保险合同约定免赔额500元、赔付比例90%，请问保险公司应该赔付被保险人多少元？", "被保险人每年缴纳保费3600元，缴费期间为20年，退保时现金价值为已缴保费的70%，退保可得多少元？"),
    Told("一个长方形游泳池长50米，宽25米，平均水深1.8米，注满这个游泳池需要多少立方米的水？", "游泳池是长方形的，长50米、宽25米，水深平均1.8米，要把它注满得用多少立方米水？", "一个游泳池的门票成人30元，儿童半价，一家三口去游泳一共要付多少元？"),
    Told("某公司拟投资一个项目，初始投资额为500万元，预计每年净现金流量为130万元，该项目的静态投资回收期是多少年？", "公司准备投资某项目，初始投资500万元，以后每年预计有130万元净现金流量，静态投资回收期为几年？", "某公司拟租入一台设备，每年年初支付租金6万元，租期为4年，折现率为9%，租金的现值是多少？"),
    Told("妈妈买了3千克苹果和2千克香蕉，一共花了46元，已知苹果每千克10元，香蕉每千克多少元？", "苹果每千克10元，妈妈买3千克苹果加上2千克香蕉总共花去46元，那么香蕉每千克的价格是多少元？", "妈妈带了200元去超市，买了5袋大米后还剩25元，每袋大米多少元？"),
)  # fmt: skip
